// What would break: the same as over HTTP, by gRPC's statuses. A real gRPC server.
import { Metadata, status } from '@grpc/grpc-js'
import { afterEach, expect, test, vi } from 'vitest'
import type { EncodedBatch } from '../src/deliver/encoded-batch.ts'
import { openGrpcTransport } from '../src/deliver/grpc-transport.ts'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { GrpcReceiver, type GrpcFailure } from './grpc-receiver.ts'
import { requestOf } from './otlp-encode.ts'
import { partialSuccess, rpcStatus } from './proto-bytes.ts'
import { freePort } from './receiver.ts'
import { spanNamed } from './steered-transport.ts'
import { until } from './waiting.ts'

const batch: EncodedBatch = {
  bytes: requestOf([spanNamed('a'), spanNamed('b')]),
  spanCount: 2,
}

afterEach(() => void vi.unstubAllEnvs())

test('taken, with metadata and compression from the variables; a partial success is told', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-api-key=secret')
  vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip')
  await using receiver = await GrpcReceiver.start()
  const transport = openGrpcTransport(receiver.url)
  expect(await transport.send(batch)).toEqual({ kind: 'taken', rejectedSpans: 0, remark: '' })
  expect(receiver.names).toEqual(['a', 'b'])
  expect(receiver.metadata[0]?.get('x-api-key')).toEqual(['secret'])
  receiver.answer = partialSuccess(1, 'too old')
  expect(await transport.send(batch)).toEqual({ kind: 'taken', rejectedSpans: 1, remark: 'too old' })
  transport.close()
})

function failure(code: status, retryAfterMs?: number): GrpcFailure {
  const metadata = new Metadata()
  if (retryAfterMs !== undefined)
    metadata.set('grpc-status-details-bin', rpcStatus(code, 'wait', retryAfterMs))
  return { code, details: 'because', metadata }
}

const mayPass = [
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNAVAILABLE',
  'DATA_LOSS',
] as const
const final = [
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'FAILED_PRECONDITION',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAUTHENTICATED',
  'RESOURCE_EXHAUSTED',
] as const

test('each status by OTLP’s table', async () => {
  await using receiver = await GrpcReceiver.start()
  const transport = openGrpcTransport(receiver.url)
  for (const name of mayPass) {
    receiver.answer = failure(status[name])
    expect([name, await transport.send(batch)]).toEqual([
      name,
      { kind: 'away', reason: `${name}: because`, code: name },
    ])
  }
  for (const name of final) {
    receiver.answer = failure(status[name])
    expect([name, await transport.send(batch)]).toEqual([
      name,
      { kind: 'refused', reason: `${name}: because`, code: name },
    ])
  }
  expect(Object.keys(status).filter((name) => Number.isNaN(Number(name)))).toHaveLength(
    mayPass.length + final.length + 1,
  )
  transport.close()
})

test('RetryInfo says when, and makes RESOURCE_EXHAUSTED one that may pass', async () => {
  await using receiver = await GrpcReceiver.start()
  const transport = openGrpcTransport(receiver.url)
  for (const code of [status.UNAVAILABLE, status.RESOURCE_EXHAUSTED]) {
    receiver.answer = failure(code, 2500)
    expect(await transport.send(batch)).toMatchObject({ kind: 'away', retryAfterMs: 2500 })
  }
  // It asks for more patience than there is.
  receiver.answer = failure(status.UNAVAILABLE, 86_400_000)
  expect(await transport.send(batch)).toMatchObject({ retryAfterMs: 600_000 })
  transport.close()
})

test('no answer in time: away', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '200')
  await using receiver = await GrpcReceiver.start()
  receiver.answer = undefined
  const transport = openGrpcTransport(receiver.url)
  expect(await transport.send(batch)).toMatchObject({
    kind: 'away',
    reason: expect.stringMatching(/^DEADLINE_EXCEEDED/),
  })
  transport.close()
})

test('a bridge that speaks gRPC delivers when the receiver is back, seconds after it was away', async () => {
  using folder = new Folder()
  const port = await freePort()
  const head = '{"type": "probespan_recording", "data": {"bpftrace": "0.17.0", "bootToUnixNs": "0"}}\n'
  const event = (phase: string): string => `{"type": "value", "data": ["order", "${phase}", 5, 7, 8, "k"]}\n`
  const pack = 'name: shop\nprovider: shop\nspans:\n  order: { start: a, end: b, match: str(arg0) }\n'
  const flags = {
    replay: folder.write('r.jsonl', head + event('start') + event('end')),
    pack: folder.write('shop.yaml', pack),
    endpoint: `127.0.0.1:${port}`,
    spool: folder.path,
  }
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
  await using away = new BridgeProcess(env, { flags })
  expect(await away.exitCode).toBe(0)
  expect(away.said).toMatch(/could not deliver to http:\/\/127.*UNAVAILABLE.*kept and tried again \(on disk/)
  expect(away.said).toMatch(/0 exported, 0 dropped, 1 kept in the spool$/m)
  await using receiver = await GrpcReceiver.start(port)
  await using back = new BridgeProcess(env, { flags: { ...flags, replay: folder.write('none.jsonl', head) } })
  await until(() => receiver.names.length > 0)
  expect(await back.exitCode).toBe(0)
  expect(receiver.names).toEqual(['order'])
})
