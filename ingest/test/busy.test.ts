// What a sender meets when no more can be taken: told to wait, in words and by the protocol's own means, and nothing
// that was acknowledged is missing.
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { status } from '@grpc/grpc-js'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createOtlpApp } from '../src/app.ts'
import { requestBytesMax, requestTimeoutMs } from '../src/limits.ts'
import { createAdmission } from '../src/receive/admission.ts'
import type { ReceiverParts } from '../src/receive/receiver.ts'
import { createGrpcListener } from '../src/receive/grpc-listener.ts'
import { createHealth } from '../src/health.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { grpcExport, methods } from './grpc-client.ts'
import { receiverOver } from './receivers.ts'
import { hexId, requestOf } from './sample.ts'
import { protobufType, temporaryFolder } from './running.ts'

const log = pino({ level: 'silent' })

function tightReceiver(queueBytesMax: number, intakeBytesMax: number) {
  const store = openSqliteStore(`${temporaryFolder()}/probespan.db`, queueBytesMax)
  onTestFinished(() => store.close())
  const admission = createAdmission({ bytesMax: intakeBytesMax, requestBytesMax, requestTimeoutMs })
  return { store, admission, receiver: receiverOver(store, { admission }) }
}

const manyRequests = Array.from({ length: 40 }, (_, index) => {
  const traceId = hexId(index + 1, 32)
  return { traceId, payload: requestOf([{ traceId, spanId: hexId(1, 16) }]) }
})

test.each([
  ['write queue', 1_000, 1_000_000],
  ['bytes held', 1_000_000, 1_000],
])(
  'over the bound of the %s requests get 503 with Retry-After, and only those are missing',
  async (_what, queue, held) => {
    const { store, admission, receiver } = tightReceiver(queue, held)
    const app = await createOtlpApp({
      config: { corsOrigins: [] },
      health: createHealth(),
      receiver,
      tls: undefined,
      log,
    })
    onTestFinished(() => app.close())
    const sent = await Promise.all(
      manyRequests.map(async ({ traceId, payload }) => {
        const response = await app.inject({
          method: 'POST',
          url: '/v1/traces',
          headers: protobufType,
          payload,
        })
        return { traceId, response }
      }),
    )
    const refused = sent.filter(({ response }) => response.statusCode === 503)
    const accepted = sent.filter(({ response }) => response.statusCode === 200)
    expect(refused.length).toBeGreaterThan(0)
    expect(accepted.length).toBeGreaterThan(0)
    expect(refused.length + accepted.length).toBe(40)
    expect(refused[0]?.response.headers['retry-after']).toBe('1')
    const found = await store.findTraces({ limit: 100 })
    expect(found.map(({ traceId }) => traceId).sort()).toEqual(accepted.map(({ traceId }) => traceId).sort())
    expect(admission.heldBytes).toBe(0)
  },
)

test.each([
  ['write queue', 150, 1_000_000],
  ['bytes held', 1_000_000, 150],
])('over the bound of the %s calls get UNAVAILABLE with RetryInfo', async (_what, queue, held) => {
  const { admission, receiver } = tightReceiver(queue, held)
  const grpc = createGrpcListener({ receiver, services: [], health: createHealth(), tls: undefined, log })
  grpc.server.listen(0, '127.0.0.1')
  await once(grpc.server, 'listening')
  onTestFinished(() => grpc.close())
  const url = `http://127.0.0.1:${(grpc.server.address() as AddressInfo).port}`
  const answers = await Promise.all(manyRequests.map(({ payload }) => grpcExport({ url }, payload)))
  const ok: number = status.OK
  const refused = answers.filter(({ code }) => code !== ok)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.length).toBeLessThan(40)
  for (const { code, retryAfterMs } of refused)
    expect([code, retryAfterMs]).toEqual([status.UNAVAILABLE, 1_000])
  expect(admission.heldBytes).toBe(0)
})

test('a body that does not come is given up by both protocols, and holds nothing', async () => {
  const admission = createAdmission({ bytesMax: 1_000, requestBytesMax, requestTimeoutMs: 100 })
  const refusals: ReceiverParts['refusals'] = new Map()
  const receiver = receiverOver({ append: () => Promise.resolve() }, { admission, refusals })
  const app = await createOtlpApp({
    config: { corsOrigins: [] },
    health: createHealth(),
    receiver,
    tls: undefined,
    log,
  })
  onTestFinished(() => app.close())
  const sending = request(`${await app.listen({ port: 0 })}/v1/traces`, {
    method: 'POST',
    headers: protobufType,
  })
  sending.write(Buffer.alloc(10))
  const [{ statusCode, headers }] = (await once(sending, 'response')) as [IncomingMessage]
  expect([statusCode, headers.connection]).toEqual([408, 'close'])
  sending.destroy()

  const grpc = createGrpcListener({ receiver, services: [], health: createHealth(), tls: undefined, log })
  grpc.server.listen(0, '127.0.0.1')
  await once(grpc.server, 'listening')
  onTestFinished(() => grpc.close())
  const session = connect(`http://127.0.0.1:${(grpc.server.address() as AddressInfo).port}`)
  onTestFinished(() => session.destroy())
  const call = session.request({
    ':method': 'POST',
    ':path': methods.traces,
    'content-type': 'application/grpc',
  })
  call.write(Buffer.alloc(10))
  const [answer] = (await once(call, 'response')) as [IncomingHttpHeaders]
  expect(answer['grpc-status']).toBe(String(status.DEADLINE_EXCEEDED))
  expect([...refusals]).toEqual([['body_late', 2]])
  expect(admission.heldBytes).toBe(0)
})
