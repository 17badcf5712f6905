// What would break: spans that are lost between bpftrace and the receiver, whatever either of them does; a bridge that
// does not end, or leaves bpftrace behind. Real processes, real HTTP; the fake bpftrace plays what the test needs.
import { expect, test } from 'vitest'
import { BridgeProcess, Folder, isAlive, type Plan } from './bridge-process.ts'
import { freePort, Receiver } from './receiver.ts'
import { until } from './waiting.ts'

const printfScript = 'usdt:*:fosdem:request_start { printf("…"); }\n'
const ready = '{"type": "value", "data": ["probespan","ready",1]}\n'
const attached = '{"type": "attached_probes", "data": {"probes": 2}}\n'
const printf = (text: string): string => `{"type": "printf", "data": ${JSON.stringify(text)}}\n`
const startNs = 1_795_150_740_534_578_541n

/** `count` requests to the printf contract, all open at once. */
function requests(count: number, from = 0): string {
  const ids = Array.from({ length: count }, (_, index) => index + from)
  const start = (id: number): string =>
    `{"event":"request_start","reqid":"req-${id}","timestamp":${startNs}}\n`
  const end = (id: number): string =>
    `{"event":"request_end","reqid":"req-${id}","start":${startNs},"duration":${id}}\n`
  return [...ids.map(start), ...ids.map(end)].map(printf).join('')
}

/** The exporter tries again by itself within its timeout; this much leaves it to the bridge. */
const briefly = { OTEL_EXPORTER_OTLP_TIMEOUT: '1000' }

/** The environment of a sidecar that runs a script, with the fake bpftrace. */
function scriptEnv(folder: Folder, endpoint: string, plan: Plan): Record<string, string> {
  return {
    ...folder.fakeBpftrace({ probes: ['usdt:/app:fosdem:request_start'], ...plan }),
    BPFTRACE_SCRIPT: folder.write('trace-json.bt', printfScript),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    TARGET_PID: String(process.pid),
    SERVICE_NAME: 'shop',
  }
}

const ids = (receiver: Receiver): string[] =>
  receiver.spans.map((span) => String(span.attributes.reqid)).sort()
const expectedIds = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `req-${index}`).sort()

test('a script to the printf contract, configured by the environment: every request arrives as one protobuf span', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const play = attached + ready + requests(3)
  await using bridge = new BridgeProcess(scriptEnv(folder, receiver.endpoint, { play }))
  await bridge.says(`attached to process ${process.pid}`)
  await until(() => receiver.spans.length >= 3)
  expect(await bridge.stop()).toBe(0)

  expect(receiver.requests[0]).toMatchObject({
    url: '/v1/traces',
    headers: { 'content-type': 'application/x-protobuf' },
  })
  expect(receiver.spans.find((span) => span.attributes.reqid === 'req-2')).toMatchObject({
    name: 'request',
    kind: 2,
    startNs,
    endNs: startNs + 2n,
    resource: {
      'service.name': 'shop',
      'process.pid': BigInt(process.pid),
      'process.executable.name': 'node',
    },
    scope: { name: 'probespan-bridge' },
  })
  expect(bridge.said).toMatch(/3 starts and 3 ends became 3 spans; .* 3 exported, 0 dropped$/m)
})

test('headers and compression come from the exporter’s own variables', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const env = scriptEnv(folder, receiver.endpoint, { play: ready + requests(2), exitCode: 0 })
  const more = { OTEL_EXPORTER_OTLP_HEADERS: 'X-API-Key=secret', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }
  await using bridge = new BridgeProcess({ ...env, ...more })
  expect(await bridge.exitCode).toBe(0)
  expect(receiver.requests[0]?.headers).toMatchObject({ 'x-api-key': 'secret', 'content-encoding': 'gzip' })
  expect(ids(receiver)).toEqual(expectedIds(2))
})

test('everything that bpftrace prints right before it ends is delivered', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const play = ready + requests(20_000)
  await using bridge = new BridgeProcess(scriptEnv(folder, receiver.endpoint, { play, exitCode: 0 }))
  expect(await bridge.exitCode).toBe(0)
  expect(ids(receiver)).toEqual(expectedIds(20_000))
  expect(bridge.said).toMatch(/the script \S+trace-json\.bt has ended/)
})

test('SIGTERM: what bpftrace still holds is matched and delivered, and the exit code is 0', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  // What 0.17 says where tracefs is not at its usual place.
  const stderr = 'ERROR: failed to detach probe: usdt:/app:fosdem:request_start\n'
  const plan = { play: ready + requests(5), drain: requests(700, 5), stderr }
  await using bridge = new BridgeProcess(scriptEnv(folder, receiver.endpoint, plan))
  await bridge.says('attached')
  const below = bridge.descendants()
  expect(below).not.toEqual([])
  expect(await bridge.stop()).toBe(0)
  expect(ids(receiver)).toEqual(expectedIds(705))
  expect(below.filter(isAlive)).toEqual([])
})

test('SIGINT from a terminal reaches bpftrace as well: the same ending', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  await using bridge = new BridgeProcess(
    scriptEnv(folder, receiver.endpoint, { play: ready, drain: requests(5) }),
  )
  await bridge.says('attached')
  for (const pid of bridge.descendants()) process.kill(pid, 'SIGINT')
  bridge.signal('SIGINT')
  expect(await bridge.exitCode).toBe(0)
  expect(ids(receiver)).toEqual(expectedIds(5))
})

test.concurrent(
  'a bpftrace that does not hear SIGTERM is killed at the deadline; what came before is delivered',
  async () => {
    using folder = new Folder()
    await using receiver = await Receiver.start()
    const plan = { play: ready + requests(5), deaf: true }
    await using bridge = new BridgeProcess(scriptEnv(folder, receiver.endpoint, plan))
    await bridge.says('attached')
    const below = bridge.descendants()
    expect(await bridge.stop()).toBe(0)
    expect(ids(receiver)).toEqual(expectedIds(5))
    expect(below.filter(isAlive)).toEqual([])
  },
)

test.concurrent('a receiver that is away at first and then back: nothing is lost', async () => {
  using folder = new Folder()
  const port = await freePort()
  const plan = { play: ready + requests(1500) }
  await using bridge = new BridgeProcess({ ...scriptEnv(folder, `127.0.0.1:${port}`, plan), ...briefly })
  await bridge.says('kept and tried again')
  await using receiver = await Receiver.start(port)
  await until(() => receiver.spans.length >= 1500)
  expect(await bridge.stop()).toBe(0)
  expect(ids(receiver)).toEqual(expectedIds(1500))
  expect(bridge.said).toMatch(/1500 exported, 0 dropped$/m)
})

test.concurrent('a receiver that comes back while the bridge is stopping still gets everything', async () => {
  using folder = new Folder()
  const port = await freePort()
  const env = scriptEnv(folder, `127.0.0.1:${port}`, { play: ready + requests(1500) })
  await using bridge = new BridgeProcess({ ...env, ...briefly })
  await bridge.says('kept and tried again')
  const exitCode = bridge.stop()
  await using receiver = await Receiver.start(port)
  expect(await exitCode).toBe(0)
  expect(ids(receiver)).toEqual(expectedIds(1500))
})

test.concurrent('503: kept and tried again until it is taken', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  receiver.status = 503
  await using bridge = new BridgeProcess(scriptEnv(folder, receiver.endpoint, { play: ready + requests(10) }))
  await until(() => receiver.requests.length > 1)
  expect(receiver.spans).toEqual([])
  receiver.status = 200
  await until(() => receiver.spans.length >= 10)
  expect(await bridge.stop()).toBe(0)
  expect(ids(receiver)).toEqual(expectedIds(10))
})

test.concurrent('401: dropped, counted and said with what to do; the bridge goes on', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  receiver.status = 401
  const plan = { play: ready + requests(10), drain: requests(7, 10) }
  await using bridge = new BridgeProcess(scriptEnv(folder, receiver.endpoint, plan))
  await bridge.says(
    /could not deliver to http:\/\/127.*: these spans are dropped.*OTEL_EXPORTER_OTLP_HEADERS/,
  )
  expect(receiver.requests).toHaveLength(1)
  receiver.status = 200
  expect(await bridge.stop()).toBe(0)
  expect(receiver.spans).toHaveLength(7)
  expect(bridge.said).toMatch(/17 spans; .* 7 exported, 0 dropped.*, 10 rejected$/m)
})

test.concurrent(
  'a receiver that is away for good: the bridge ends within its deadline and counts what it drops',
  async () => {
    using folder = new Folder()
    const port = await freePort()
    await using bridge = new BridgeProcess(
      scriptEnv(folder, `127.0.0.1:${port}`, { play: ready + requests(600) }),
    )
    await bridge.says('attached')
    const stoppedAtMs = performance.now()
    expect(await bridge.stop()).toBe(0)
    expect(performance.now() - stoppedAtMs).toBeLessThan(8000)
    expect(bridge.said).toMatch(/600 spans; .* 0 exported, 600 dropped$/m)
  },
)

test.concurrent(
  'a receiver that takes the request and never answers: the same, and bpftrace’s output is read all the while',
  async () => {
    using folder = new Folder()
    await using receiver = await Receiver.start()
    receiver.status = 0
    await using bridge = new BridgeProcess(
      scriptEnv(folder, receiver.endpoint, { play: ready + requests(20_000) }),
    )
    await until(() => receiver.requests.length === 1)
    const stoppedAtMs = performance.now()
    expect(await bridge.stop()).toBe(0)
    expect(performance.now() - stoppedAtMs).toBeLessThan(8000)
    expect(bridge.said).toMatch(/20000 spans; .* 0 exported, 20000 dropped$/m)
  },
)

test('lost events and lines that are too long are in the summary', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  const lost = '{"type": "lost_events", "data": {"events": 42}}\n'
  const play = ready + lost + printf('x'.repeat(2 ** 20)) + requests(1) + '{"type": "value", "da'
  await using bridge = new BridgeProcess(scriptEnv(folder, receiver.endpoint, { play, exitCode: 0 }))
  expect(await bridge.exitCode).toBe(0)
  expect(bridge.said).toMatch(/1 spans; .*42 events lost in the kernel; .*1 malformed, 1 overlongLines$/m)
})

test('Ctrl-C while bpftrace is still asked for its version ends both in order', async () => {
  using folder = new Folder()
  await using bridge = new BridgeProcess(scriptEnv(folder, '127.0.0.1:1', { slowVersion: true }))
  await until(() => bridge.descendants().length === 1)
  bridge.signal('SIGINT')
  for (const pid of bridge.descendants()) process.kill(pid, 'SIGKILL')
  expect([await bridge.exitCode, bridge.said]).toEqual([
    0,
    expect.stringContaining('stopped before it was attached'),
  ])
})

test('a stop at any moment of the start ends the bridge in order', async () => {
  using folder = new Folder()
  await using receiver = await Receiver.start()
  for (const delayMs of [0, 150, 300, 450]) {
    await using bridge = new BridgeProcess(scriptEnv(folder, receiver.endpoint, { play: ready }))
    const startedAtMs = performance.now()
    await until(() => performance.now() - startedAtMs > delayMs)
    // Before the bridge has begun to listen for signals, the system ends it.
    expect([0, null]).toContain(await bridge.stop())
  }
})
