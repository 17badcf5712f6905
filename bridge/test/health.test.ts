// What would break: a supervisor or Prometheus that is told other than what the bridge does. Real processes and HTTP.
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { metricTable } from '../src/health/metric-table.ts'
import type { Verdict } from '../src/health/verdict.ts'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { freePort, Receiver } from './receiver.ts'

const ready = '{"type": "value", "data": ["probespan","ready",1]}\n'
const pack = 'name: shop\nprovider: shop\nspans:\n  order: { start: a, end: b, match: str(arg0) }\n'
const probes = ['usdt:/app:shop:a', 'usdt:/app:shop:b']
const event = (phase: string, key: string): string =>
  `{"type": "value", "data": ["order","${phase}",5,7,8,"${key}"]}\n`

function envFor(folder: Folder, endpoint: string, play: string): Record<string, string> {
  return {
    ...folder.fakeBpftrace({ probes, play }),
    PROBESPAN_PACK: folder.write('shop.yaml', pack),
    TARGET_PID: String(process.pid),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    PROBESPAN_BRIDGE_LISTEN: '127.0.0.1:0',
  }
}

async function addressOf(bridge: BridgeProcess): Promise<string> {
  await bridge.says(/health and metrics at http:\S+/)
  return /health and metrics at (http:\S+)/.exec(bridge.said)?.[1] ?? ''
}
async function healthOf(address: string): Promise<[number, Verdict]> {
  const response = await fetch(`${address}/healthz`)
  return [response.status, (await response.json()) as Verdict]
}
const soon = { timeout: 20_000, interval: 50 }

test('attached and delivering: 200, and every number is at /metrics', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const play = ready + event('start', 'a') + event('end', 'a') + event('start', 'open')
  await using bridge = new BridgeProcess(envFor(folder, receiver.endpoint, play))
  const address = await addressOf(bridge)
  await expect
    .poll(() => healthOf(address), soon)
    .toEqual([
      200,
      expect.objectContaining({ status: 'ok', problems: [], lastDelivery: expect.stringMatching(/^\d{4}-/) }),
    ])
  const response = await fetch(`${address}/metrics`)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  for (const line of [
    'events_total{phase="start"} 2',
    'events_total{phase="end"} 1',
    'spans_total{of="pair"} 1',
    'open_starts 1',
    'exported_spans_total 1',
    'dropped_spans_total{cause="queue_full"} 0',
  ]) {
    expect(text).toContain(`probespan_bridge_${line}\n`)
  }
  for (const { name } of Object.values(metricTable)) expect(text).toContain(`probespan_bridge_${name}`)
  const error = Number(/^probespan_bridge_clock_offset_error_seconds (\S+)$/m.exec(text)?.[1])
  expect(error).toBeGreaterThan(0)
  expect(error).toBeLessThan(0.01)
  expect(await bridge.stop()).toBe(0)
  await expect(fetch(address)).rejects.toThrow('fetch failed')
})

test('503 until it is attached, with the reason; metrics come with the first trace', async () => {
  using folder = new Folder()
  await using bridge = new BridgeProcess(envFor(folder, '127.0.0.1:1', ''))
  const address = await addressOf(bridge)
  expect(await healthOf(address)).toEqual([
    503,
    expect.objectContaining({ attached: false, problems: ['not attached: no events are seen'] }),
  ])
  await expect.poll(async () => (await fetch(`${address}/metrics`)).status, soon).toBe(200)
})

test('a receiver that is away: 503 with since when and what waits; 200 when it is back', async () => {
  using folder = new Folder()
  const port = await freePort()
  const env = envFor(folder, `127.0.0.1:${port}`, ready + event('start', 'a') + event('end', 'a'))
  await using bridge = new BridgeProcess({ ...env, PROBESPAN_SPOOL: `${folder.path}/spool` })
  const address = await addressOf(bridge)
  await expect
    .poll(() => healthOf(address), soon)
    .toEqual([
      503,
      expect.objectContaining({
        attached: true,
        delivering: false,
        problems: [expect.stringMatching(/takes nothing, for \d+ s and \d+ attempts: .*ECONNREFUSED/)],
        spool: { spans: 1, bytes: expect.any(Number) },
      }),
    ])
  await using receiver = await Receiver.start(port)
  await expect.poll(async () => (await healthOf(address))[0], soon).toBe(200)
  expect(receiver.spans).toHaveLength(1)
})

test('other paths and methods are refused; nothing is served unless asked', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const env = envFor(folder, receiver.endpoint, ready)
  await using bridge = new BridgeProcess(env)
  const address = await addressOf(bridge)
  expect((await fetch(`${address}/`)).status).toBe(404)
  expect((await fetch(`${address}/healthz`, { method: 'POST' })).status).toBe(405)
  await using silent = new BridgeProcess({ ...env, PROBESPAN_BRIDGE_LISTEN: '' })
  await silent.says('attached to process')
  expect(silent.said).not.toContain('health')
})

test('an address that other machines can reach is told as that', async () => {
  using folder = new Folder()
  const env = envFor(folder, '127.0.0.1:1', ready)
  await using bridge = new BridgeProcess({ ...env, PROBESPAN_BRIDGE_LISTEN: '0.0.0.0:0' })
  await addressOf(bridge)
  expect(bridge.said).toMatch(/at http:\/\/0\.0\.0\.0:\d+, which other machines may reach, without a key/)
})

test('an address that is taken: exit code 18, and what to do', async () => {
  using folder = new Folder()
  const other = createServer()
  const port = await freePort()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  const env = { ...envFor(folder, '127.0.0.1:1', ready), PROBESPAN_BRIDGE_LISTEN: `127.0.0.1:${port}` }
  await using bridge = new BridgeProcess(env)
  expect([await bridge.exitCode, bridge.said]).toEqual([
    18,
    expect.stringMatching(new RegExp(`listen_failed: .*127.0.0.1:${port}.*EADDRINUSE.*--listen`)),
  ])
  other.close()
})
