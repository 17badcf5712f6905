// Starting and stopping the process: one line with the address, exit codes with reasons, nothing lost over a restart.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test, vi } from 'vitest'
import { closeGraceMs } from '../src/limits.ts'
import { framed, grpcExport, rawCaller } from './grpc-client.ts'
import { hexId, requestOf } from './sample.ts'
import {
  endOfMain,
  getTrace,
  getTraces,
  post,
  protobufType,
  runChild,
  runIngest,
  temporaryFolder,
  testEnv,
} from './running.ts'
import type { Child } from './running.ts'

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends it with 0, and a restart has what was stored',
  async (signal) => {
    const env = { PROBESPAN_DB: join(temporaryFolder(), 'deep', 'er', 'probespan.db') }
    const child = await runChild(env)
    const request = requestOf([{ traceId: hexId(7, 32), spanId: hexId(1, 16) }])
    expect((await post(`${child.url}/v1/traces`, request, protobufType)).status).toBe(200)
    child.process.kill(signal)
    expect(await child.exited).toEqual([0, null])
    const { url } = await runIngest(env)
    expect((await getTrace(url, hexId(7, 32))).spans).toHaveLength(1)
  },
)

test('beyond loopback without a key it does not start, and says why and what to do', async () => {
  const ending = await endOfMain(testEnv({ PROBESPAN_HOST: '0.0.0.0' }))
  expect(ending).toMatchObject({ code: 2, stdout: '' })
  expect(ending.stderr).toMatch(/0\.0\.0\.0.*TRACES_INGESTION_API_KEY.*PROBESPAN_HOST=127\.0\.0\.1/)
})

test('beyond loopback with a key it starts', async () => {
  const child = await runChild({ PROBESPAN_HOST: '0.0.0.0', TRACES_INGESTION_API_KEY: 'k' })
  expect(child.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/)
})

test('all mistakes of the configuration are listed at once, and no secret is repeated', async () => {
  const ending = await endOfMain({
    PROBESPAN_PORT: '99999',
    TRACES_INGESTION_ENABLED: 'maybe',
    OTEL_EXPORTER_HEADERS: 'Authorization: top-secret',
  })
  expect(ending.code).toBe(2)
  for (const name of ['PROBESPAN_PORT', '99999', 'TRACES_INGESTION_ENABLED', 'OTEL_EXPORTER_HEADERS']) {
    expect(ending.stderr).toContain(name)
  }
  expect(ending.stderr).not.toContain('top-secret')
})

test('a port that is taken is named', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  const ending = await endOfMain(testEnv({ PROBESPAN_PORT: String(port) }))
  expect(ending.code).toBe(3)
  expect(ending.stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*another process.*PROBESPAN_PORT`))
})

test('a standard port that another program has is done without, and said; one that was asked for is not', async () => {
  const other = createServer().listen(4317, '127.0.0.1')
  onTestFinished(() => void other.close())
  // Whoever has it: this test, or another program already.
  await new Promise((resolve) => other.once('listening', resolve).once('error', resolve))
  const env = { PROBESPAN_OTLP_GRPC_PORT: '', PROBESPAN_LOG_LEVEL: 'warn' }
  const child = await runChild(env)
  expect((await fetch(`${child.url}/healthz`)).status).toBe(200)
  await vi.waitFor(() =>
    expect(child.said()).toMatch(
      /127\.0\.0\.1:4317.*another process.*PROBESPAN_OTLP_GRPC_PORT.*Going on without it/,
    ),
  )

  const ending = await endOfMain(testEnv({ PROBESPAN_OTLP_GRPC_PORT: '4317' }))
  expect(ending.code).toBe(3)
  expect(ending.stderr).toMatch(/127\.0\.0\.1:4317.*another process.*PROBESPAN_OTLP_GRPC_PORT/)
})

test('OTLP has a port of its own over HTTP, without the API and the page', async () => {
  const { otlpHttpUrl } = await runIngest({ PROBESPAN_OTLP_HTTP_PORT: '0' })
  const request = requestOf([{ traceId: hexId(7, 32), spanId: hexId(1, 16) }])
  expect((await post(`${otlpHttpUrl}/v1/traces`, request, protobufType)).status).toBe(200)
  for (const path of ['/', '/api/traces', '/api/counters']) {
    const response = await fetch(`${otlpHttpUrl}${path}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      code: 5,
      message: expect.stringContaining('POST /v1/traces'),
    })
  }
  const wrong = await post(`${otlpHttpUrl}/v1/trace`, request, protobufType)
  expect([wrong.status, wrong.headers.get('content-type')]).toEqual([404, 'application/x-protobuf'])
})

test('a database of a newer program, and a folder that cannot be written, have exit codes of their own', async () => {
  const path = join(temporaryFolder(), 'probespan.db')
  const newer = new Database(path)
  newer.pragma('user_version = 9999')
  newer.close()
  expect(await endOfMain({ PROBESPAN_PORT: '0', PROBESPAN_DB: path })).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('9999'),
  })
  expect(await endOfMain({ PROBESPAN_PORT: '0', PROBESPAN_DB: '/dev/null/probespan.db' })).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('/dev/null'),
  })
})

type Send = (child: Child, request: Buffer) => Promise<boolean>
const senders: Record<string, Send> = {
  HTTP: async ({ url }, request) => (await post(`${url}/v1/traces`, request, protobufType)).status === 200,
  gRPC: async ({ grpcUrl = '' }, request) => (await grpcExport({ url: grpcUrl }, request)).code === 0,
}

test.for(Object.entries(senders))(
  'stopped under load by %s it answers what it took, and everything answered is there',
  async ([, send]) => {
    const env = { PROBESPAN_DB: join(temporaryFolder(), 'probespan.db') }
    const child = await runChild({ ...env, PROBESPAN_OTLP_GRPC_PORT: '0' })
    const answered: string[] = []
    const sendOn = async (sender: number) => {
      for (let number = 1; ; number++) {
        const traceId = hexId(sender * 1_000_000 + number, 32)
        try {
          if (!(await send(child, requestOf([{ traceId, spanId: hexId(1, 16) }])))) return
          answered.push(traceId)
          if (answered.length === 200) child.process.kill('SIGTERM')
        } catch {
          return
        }
      }
    }
    await Promise.all([1, 2, 3, 4, 5, 6].map(sendOn))
    expect(await child.exited).toEqual([0, null])
    expect(answered.length).toBeGreaterThanOrEqual(200)
    const { url } = await runIngest(env)
    const { traces } = await getTraces(url, '?limit=1000')
    const stored = new Set(traces.map(({ traceId }) => traceId))
    expect(answered.filter((traceId) => !stored.has(traceId))).toEqual([])
  },
)

test('calls under way when it is stopped are answered, and a client that stays connected does not hold it up', async () => {
  const child = await runChild({ PROBESPAN_OTLP_GRPC_PORT: '0' })
  const call = rawCaller(child.grpcUrl ?? '')
  const calls = Array.from({ length: 50 }, (_, index) =>
    call(framed(requestOf([{ traceId: hexId(index + 1, 32), spanId: hexId(1, 16) }]))),
  )
  expect((await Promise.race(calls)).grpcStatus).toBe(0)
  child.process.kill('SIGTERM')
  expect(await child.exited).toEqual([0, null])
  for (const { grpcStatus } of await Promise.all(calls)) expect(grpcStatus).toBe(0)
})

test('a connection on which nothing was sent does not hold it up', async () => {
  const child = await runChild({})
  const silent = connect(Number(new URL(child.url).port), '127.0.0.1')
  onTestFinished(() => void silent.destroy())
  await once(silent, 'connect')
  // However it is closed.
  silent.on('error', () => {})
  const askedMs = performance.now()
  child.process.kill('SIGTERM')
  expect(await child.exited).toEqual([0, null])
  expect(performance.now() - askedMs).toBeLessThan(closeGraceMs)
})
