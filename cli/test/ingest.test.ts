// `probespan ingest` hands its flags on to ingest, which reads and explains them itself.
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { cliMain } from './stack.ts'

const ingest = (...args: string[]) =>
  execa(process.execPath, [cliMain, 'ingest', ...args], { reject: false, extendEnv: false })

test('flags count, mistakes in them are told, and --help is ingest’s own', async () => {
  const printed = await ingest('--print-config', '--port', '7', '--otlp-grpc-port=off')
  expect(printed.stdout).toContain('port: 7 # --port')
  expect(printed.stdout).toContain('otlp-grpc-port: off # --otlp-grpc-port')
  const wrong = await ingest('--prot', '7')
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('--prot is no flag')])
  expect((await ingest('--help')).stdout).toContain('--otlp-grpc-port')
})
