// What would break: a bridge that nobody told what to trace, and that traces something else than its definition, or its
// container's main process; or that says so without a place where to correct it. bpftrace is a fake.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BridgeProcess, Folder, type Plan } from './bridge-process.ts'
import { until } from './waiting.ts'

const front = fileURLToPath(new URL('../src/index.ts', import.meta.url))
const isRoot = process.getuid?.() === 0
if (!isRoot) console.warn('SKIPPED: a pid namespace of its own needs root')
const plan: Plan = {
  probes: ['usdt:/app:shop:order_start', 'usdt:/app:shop:order_end'],
  play: '{"type": "value", "data": ["probespan","ready",1]}\n',
}

function packEnv(folder: Folder, target: string): Record<string, string> {
  const text = `name: shop
provider: shop
${target}
spans:
  order: { start: order_start, end: order_end, match: arg0 }
`
  return { ...folder.fakeBpftrace(plan), PROBESPAN_PACK: folder.write('shop.yaml', text) }
}

async function ending(env: Record<string, string>): Promise<[code: number | null, said: string]> {
  await using bridge = new BridgeProcess(env)
  return [await bridge.exitCode, bridge.said]
}

test("a definition's own target is traced; a variable goes before it", async () => {
  using folder = new Folder()
  const env = packEnv(folder, `target: { pid: ${process.pid} }`)
  await using bridge = new BridgeProcess(env)
  await bridge.says(`attached to process ${process.pid};`)
  expect(await bridge.stop()).toBe(0)
  const [code, said] = await ending({ ...env, TARGET_PID: '4194304' })
  expect([code, said]).toEqual([
    14,
    expect.stringMatching(/target_gone: there is no process with pid 4194304/),
  ])
  expect(said).not.toContain('target.pid')
})

test.each([
  ['target: { exe: /nowhere/*/shop }', [2], '3:16: target.exe: there is no file /nowhere/*/shop'],
  ['target: { pid: 4194304 }', [14], '3:16: target.pid: there is no process with pid 4194304'],
  ['target: { container: 0123456789ab }', [2, 14], '3:22: target.container: '],
])('%s that is not there: told with file, line and key', async (target, codes, message) => {
  using folder = new Folder()
  const env = packEnv(folder, target)
  const [ended, said] = await ending(env)
  expect(said).toContain(`${env.PROBESPAN_PACK}:${message}`)
  expect(codes).toContain(ended)
})

test('no target anywhere, and PID 1 is the machine’s own: refused with what to name', async (context) => {
  const sees = existsSync('/proc/2/comm') && readFileSync('/proc/2/comm', 'utf8') === 'kthreadd\n'
  context.skip(!sees, 'no kernel threads are seen here')
  using folder = new Folder()
  const [code, said] = await ending(packEnv(folder, ''))
  expect([code, said]).toEqual([
    2,
    expect.stringMatching(/config_invalid: no target given, and PID 1 here.*--pid PID \(TARGET_PID\)/),
  ])
})

/** A process that is PID 1 of its own pid namespace; its pid out here. */
async function mainProcess(): Promise<number> {
  const args = ['--pid', '--fork', '--kill-child', '--mount-proc', '/bin/sleep', '60']
  const outer = spawn('unshare', args, { stdio: 'ignore' })
  onTestFinished(() => void outer.kill('SIGKILL'))
  const children = (): string[] =>
    readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8').split(' ')
  const isSleep = (pid: string | undefined): boolean =>
    Boolean(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n'
  await until(() => isSleep(children()[0]))
  return Number(children()[0])
}

describe.skipIf(!isRoot)('no target in a shared pid namespace', () => {
  test('its PID 1 is traced, and named', async () => {
    using folder = new Folder()
    await using bridge = new BridgeProcess(packEnv(folder, ''), { beside: await mainProcess() })
    await bridge.says('attached to process 1;')
    expect(bridge.said).toMatch(
      /no target given: tracing PID 1 of this pid namespace \(sleep, \/\S*(sleep|coreutils|busybox)\)/,
    )
    expect(await bridge.stop()).toBe(0)
  })

  test('check looks at it, too', async () => {
    using folder = new Folder()
    const flags = { pack: packEnv(folder, '').PROBESPAN_PACK, json: true }
    const call = `import { runCheck } from ${JSON.stringify(front)}
await runCheck(process.env, ${JSON.stringify(flags)})`
    const enter = [`--target=${await mainProcess()}`, '--pid', '--mount', process.execPath]
    const { stdout } = await execa('nsenter', [...enter, '--input-type=module', '-e', call], {
      env: { ...folder.fakeBpftrace(plan), OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
    })
    expect(JSON.parse(stdout)).toMatchObject({
      findings: expect.arrayContaining([
        expect.objectContaining({ subject: 'target', found: expect.stringMatching(/^process 1 /) }),
      ]),
    })
  })
})
