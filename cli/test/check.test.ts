// `probespan check` as a user runs it, on this very machine and against a real ingest: what needs fixing, and how it
// ends. What this machine lacks is not judged here, only that it is told the same way.
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cannotTrace, cliMain, Stack } from './stack.ts'

const skip = cannotTrace()
if (skip !== undefined) process.stderr.write(`${skip}\n`)

const stack = new Stack()
let url = ''
beforeAll(async () => {
  url = await stack.startIngest({ TRACES_INGESTION_API_KEY: 'right-key' })
})
afterAll(() => stack.stop())

type Finding = { subject: string; verdict: string; found: string; remedy?: string }

const check = (args: string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [cliMain, 'check', ...args], { reject: false, env })
async function findings(args: string[], env: Record<string, string> = {}): Promise<Finding[]> {
  const { stdout } = await check([...args, '--json'], env)
  return (JSON.parse(stdout) as { findings: Finding[] }).findings
}
const endpointOf = async (args: string[], env: Record<string, string> = {}) =>
  (await findings(args, env)).find(({ subject }) => subject === 'endpoint')

test.skipIf(skip !== undefined)(
  'a machine that can trace, and a key that is right: nothing to fix, exit code 0',
  async () => {
    const { stdout, exitCode } = await check(['--endpoint', url], {
      OTEL_EXPORTER_OTLP_HEADERS: 'X-API-Key=right-key',
    })
    expect(stdout).toContain('a program of one probe ran and printed')
    expect(stdout).toMatch(/^ok {4}endpoint .* takes spans, by http\/protobuf$/m)
    expect(stdout).toContain('nothing needs fixing')
    expect(exitCode).toBe(0)
  },
)

test('a key that is missing or wrong is told, with how to give it: exit code 1', async () => {
  expect(await endpointOf(['--endpoint', url])).toMatchObject({
    verdict: 'FIX',
    found: `${url}/v1/traces wants a key (401)`,
    remedy: expect.stringContaining('OTEL_EXPORTER_OTLP_HEADERS'),
  })
  const wrong = { OTEL_EXPORTER_OTLP_HEADERS: 'X-API-Key=wrong' }
  expect(await endpointOf(['--endpoint', url], wrong)).toMatchObject({
    remedy: expect.stringContaining('correct it: OTEL_EXPORTER_OTLP_HEADERS'),
  })
  expect((await check(['--endpoint', url])).exitCode).toBe(1)
})

test('an endpoint by its own variable is asked where it points to', async () => {
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/nowhere` }
  expect(await endpointOf([], env)).toMatchObject({
    verdict: 'FIX',
    found: `${url}/nowhere answers 404: no OTLP receiver there`,
  })
})

test('nothing that listens: start ingest', async () => {
  expect(await endpointOf(['--endpoint', 'http://127.0.0.1:1'])).toMatchObject({
    verdict: 'FIX',
    found: 'http://127.0.0.1:1/v1/traces does not answer (ECONNREFUSED)',
    remedy: expect.stringContaining('probespan ingest'),
  })
})

test('no bpftrace, no target, no pack: each is a finding of its own', async () => {
  const found = await findings(['--pid', '4194304', '--pack', '/nowhere/p.yaml', '--endpoint', url], {
    PROBESPAN_BPFTRACE: '/nowhere/bpftrace',
  })
  const of = (subject: string) => found.find((finding) => finding.subject === subject)
  expect(of('bpftrace')).toMatchObject({
    verdict: 'FIX',
    remedy: expect.stringContaining('install bpftrace'),
  })
  expect(of('trial')).toBeUndefined()
  expect(of('target')).toMatchObject({
    verdict: 'FIX',
    remedy: expect.stringContaining('no process with pid 4194304'),
  })
  expect(of('pack')).toMatchObject({ verdict: 'FIX', remedy: expect.stringContaining('/nowhere/p.yaml') })
})

test('the target may come from TARGET_PID, as the bridge takes it', async () => {
  const found = await findings(['--endpoint', url], {
    TARGET_PID: String(process.pid),
    PROBESPAN_BPFTRACE: '/nowhere/b',
  })
  // Whether it has probes depends on how this Node was built: its libstdc++ has some.
  expect(found.find(({ subject }) => subject === 'target')?.found).toMatch(
    new RegExp(`^process ${process.pid}[: ]`),
  )
})

test.skipIf(skip !== undefined)('a user without rights is told what to be', async () => {
  const args = ['--reuid=65534', '--clear-groups', process.execPath, cliMain, 'check', '--endpoint', url]
  const { stdout, exitCode } = await execa('setpriv', args, { reject: false })
  expect(stdout).toMatch(/^FIX {3}privileges +user 65534/m)
  expect(stdout).toMatch(/^FIX {3}trial /m)
  expect(exitCode).toBe(1)
})

test.each([
  [['--pid', 'x'], /--pid or TARGET_PID is "x"/],
  [['--endpoint', 'ftp://x'], /the OTLP endpoint "ftp:\/\/x" is no http/],
])('%j cannot be read: exit code 2', async (args, message) => {
  const { exitCode, stderr } = await check(args)
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)])
})
