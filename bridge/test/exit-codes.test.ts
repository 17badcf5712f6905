// What would break: a supervisor or a user that cannot tell from the exit code and the one message what to do.
import { expect, test } from 'vitest'
import { BridgeProcess, Folder, type Plan } from './bridge-process.ts'

const pack = `name: shop
provider: shop
spans:
  order: { start: order_start, end: order_end, match: arg0 }
`

async function ending(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  await using bridge = new BridgeProcess(env)
  return { code: await bridge.exitCode, said: bridge.said }
}

function packEnv(folder: Folder, plan: Plan): Record<string, string> {
  return {
    ...folder.fakeBpftrace(plan),
    PROBESPAN_PACK: folder.write('shop.yaml', pack),
    TARGET_PID: String(process.pid),
  }
}

test('nothing to trace: 2', async () => {
  const { code, said } = await ending({})
  expect([code, said]).toEqual([2, expect.stringMatching(/config_invalid: nothing to trace: give --pack/)])
})

test('a script that cannot be read: 2', async () => {
  using folder = new Folder()
  const env = { ...packEnv(folder, {}), PROBESPAN_PACK: '', BPFTRACE_SCRIPT: folder.path }
  const { code, said } = await ending(env)
  expect([code, said]).toEqual([2, expect.stringMatching(/config_invalid: .*EISDIR/)])
})

test('a script that is absent: 2', async () => {
  const { code, said } = await ending({ BPFTRACE_SCRIPT: '/nowhere/x.bt' })
  expect([code, said]).toEqual([2, expect.stringMatching(/the script \/nowhere\/x.bt does not exist/)])
})

test('no bpftrace: 10', async () => {
  using folder = new Folder()
  const { code, said } = await ending({ ...packEnv(folder, {}), PROBESPAN_BPFTRACE: '/nowhere/bpftrace' })
  expect([code, said]).toEqual([
    10,
    expect.stringMatching(/bpftrace_missing: .*\/nowhere\/bpftrace.*install/),
  ])
})

test('a probe that the target does not have: 13, with what it has', async () => {
  using folder = new Folder()
  const probes = ['usdt:/app:shop:order_start', 'usdt:/app:shop:order_done']
  const { code, said } = await ending(packEnv(folder, { probes }))
  expect(code).toBe(13)
  expect(said).toMatch(/has no probe shop:order_end; it has shop:order_start, shop:order_done\./)
  expect((await ending(packEnv(folder, {}))).said).toMatch(/it has none of provider "shop"/)
})

test('a pid without a process: 14', async () => {
  using folder = new Folder()
  const { code, said } = await ending({ ...packEnv(folder, {}), TARGET_PID: '4194303' })
  expect([code, said]).toEqual([14, expect.stringMatching(/target_gone: .*pid 4194303.*TARGET_PID/)])
})

test('a definition with mistakes: 15, with their places', async () => {
  using folder = new Folder()
  const env = packEnv(folder, {})
  folder.write('shop.yaml', pack.replace('end:', 'ends:'))
  const { code, said } = await ending(env)
  expect(code).toBe(15)
  expect(said).toMatch(
    /definition_invalid: .*shop\.yaml:4:32: spans\.order\.ends: unknown key, expected one of kind, name, start, end/,
  )
})

test('bpftrace that ends with an error of its own: 16, with its words', async () => {
  using folder = new Folder()
  const probes = ['usdt:/app:shop:order_start', 'usdt:/app:shop:order_end']
  const { code, said } = await ending(packEnv(folder, { probes, stderr: 'terminate called\n', exitCode: 3 }))
  expect([code, said]).toEqual([16, expect.stringMatching(/ended with exit code 3:\nterminate called/)])
})

test('a --version that says nothing: 16', async () => {
  using folder = new Folder()
  const { code, said } = await ending(packEnv(folder, { version: 'unknown' }))
  expect([code, said]).toEqual([16, expect.stringMatching(/--version printed no version: bpftrace vunknown/)])
})

test('a file to record into that cannot be written: 2, before anything is traced', async () => {
  using folder = new Folder()
  const probes = ['usdt:/app:shop:order_start', 'usdt:/app:shop:order_end']
  await using bridge = new BridgeProcess(packEnv(folder, { probes }), {
    flags: { record: '/nowhere/r.jsonl' },
  })
  expect(await bridge.exitCode).toBe(2)
  expect(bridge.said).toMatch(/config_invalid: .*\/nowhere\/r\.jsonl.*ENOENT/)
})
