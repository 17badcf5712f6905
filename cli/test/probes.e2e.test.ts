// A new user's first definition: written by `probespan probes --init`, run by the real bpftrace as it is, on the shop
// and on Debian's Python. What would break: a definition that loads, and that bpftrace or the traffic does not fit.
import { execa } from 'execa'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { findTraces } from '../src/client/ingest-client.ts'
import { cannotTrace, cliMain, Stack } from './stack.ts'

const skip = cannotTrace()
if (skip !== undefined) process.stderr.write(`${skip}\n`)
const python = '/usr/bin/python3.11'
if (!existsSync(python)) process.stderr.write(`SKIPPED: there is no ${python}\n`)

const stack = new Stack()
let ingestUrl = ''
beforeAll(async () => {
  ingestUrl = await stack.startIngest()
})
afterAll(() => stack.stop())

/** Writes a definition for the process, runs the bridge by it. */
async function traceByStarter(name: string, pid: number): Promise<void> {
  const file = join(stack.folder, `${name}.yaml`)
  const init = ['probes', '--pid', String(pid), '--init', name, '--out', file]
  const made = await execa(process.execPath, [cliMain, ...init], { reject: false })
  expect(made.exitCode, made.stderr).toBe(0)
  await stack.startBridge(cliMain, ['bridge', '--pack', file, '--pid', String(pid)], {
    OTEL_EXPORTER_OTLP_ENDPOINT: ingestUrl,
  })
}

const spanNames = async (service: string): Promise<string[]> =>
  (await findTraces({ url: ingestUrl }, { service, limit: 1000 })).map(({ rootName }) => rootName)

test.skipIf(skip !== undefined)('the shop', async () => {
  const shop = await stack.startShop()
  await traceByStarter('first', shop.child.pid)
  for (let count = 0; count < 5; count += 1) await fetch(`${shop.url}/products/1`)
  await expect
    .poll(() => spanNames('first'), { timeout: 20_000, interval: 200 })
    .toEqual(expect.arrayContaining(['request', 'query']))
})

test.skipIf(skip !== undefined || !existsSync(python))(
  'a Python program, whose probes have semaphores',
  async () => {
    const program = 'import gc, time\nwhile True:\n  gc.collect()\n  time.sleep(0.1)'
    const child = execa(python, ['-c', program], { reject: false, buffer: false })
    onTestFinished(() => void child.kill('SIGKILL'))
    await traceByStarter('snake', child.pid ?? 0)
    await expect
      .poll(() => spanNames('snake'), { timeout: 20_000, interval: 200 })
      .toEqual(expect.arrayContaining(['gc']))
  },
)
