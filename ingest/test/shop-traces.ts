// A small shop's traces for the APIs of other programs: a checkout through three services with an error in it, a listing by
// two, and a job; with attributes of every type, an event, a link and a span without a resource. Times are near now, so
// that ranges of the last hour hold them.
import { exportRequestType } from '../src/otlp/schema.ts'
import { attribute, halves, hexId } from './sample.ts'

/** Whole seconds, some minutes ago. */
export const startSeconds = Math.floor(Date.now() / 1000) - 300
export const startNano = BigInt(startSeconds) * 1_000_000_000n
export const range = `start=${startSeconds - 60}&end=${startSeconds + 60}`

export const checkout = hexId(0xc0ffee, 32)
export const listing = hexId(0x1157, 32)
export const job = hexId(0x10b, 32)
export const spanId = (number: number): string => hexId(number, 16)

const ms = 1_000_000n

type Given = {
  traceId: string
  id: number
  parent?: number
  name: string
  kind: number
  atMs: bigint
  ms: bigint
  more?: object
}

function span({ traceId, id, parent, name, kind, atMs, ms: duration, more }: Given): object {
  const start = startNano + atMs * ms
  return {
    traceId: Buffer.from(traceId, 'hex'),
    spanId: Buffer.from(spanId(id), 'hex'),
    ...(parent === undefined ? {} : { parentSpanId: Buffer.from(spanId(parent), 'hex') }),
    name,
    kind,
    startTimeUnixNano: halves(start),
    endTimeUnixNano: halves(start + duration * ms),
    ...more,
  }
}

const of = (service: string, scope: string, spans: object[]): object => ({
  resource: {
    attributes: [attribute('service.name', service), attribute('deployment.environment', 'test')],
  },
  scopeSpans: [{ scope: { name: scope, version: '1.0' }, spans }],
})

const [internal, server, client] = [1, 2, 3]

const resourceSpans = [
  of('shop', 'http', [
    span({
      traceId: checkout,
      id: 1,
      name: 'POST /checkout',
      kind: server ?? 0,
      atMs: 0n,
      ms: 1_200n,
      more: {
        attributes: [
          attribute('http.route', '/checkout'),
          { key: 'http.status_code', value: { intValue: halves(500n) } },
          { key: 'retry', value: { boolValue: true } },
          { key: 'ratio', value: { doubleValue: 0.5 } },
          { key: 'items', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
        ],
        status: { code: 2, message: 'payment failed' },
        traceState: 'a=1',
      },
    }),
    span({
      traceId: checkout,
      id: 2,
      parent: 1,
      name: 'SELECT products',
      kind: client ?? 0,
      atMs: 10n,
      ms: 40n,
      more: { attributes: [attribute('db.system.name', 'postgresql')] },
    }),
    span({
      traceId: checkout,
      id: 3,
      parent: 1,
      name: 'pay',
      kind: client ?? 0,
      atMs: 100n,
      ms: 1_000n,
      more: { status: { code: 2 } },
    }),
    span({
      traceId: listing,
      id: 11,
      name: 'GET /products',
      kind: server ?? 0,
      atMs: 5_000n,
      ms: 30n,
      more: {
        attributes: [
          attribute('http.route', '/products'),
          { key: 'http.status_code', value: { intValue: halves(200n) } },
        ],
        status: { code: 1 },
      },
    }),
  ]),
  of('payments', 'grpc', [
    span({
      traceId: checkout,
      id: 4,
      parent: 3,
      name: 'Pay',
      kind: server ?? 0,
      atMs: 110n,
      ms: 950n,
      more: {
        status: { code: 2 },
        events: [
          {
            timeUnixNano: halves(startNano + 500n * ms),
            name: 'exception',
            attributes: [
              attribute('exception.message', 'card refused'),
              attribute('exception.type', 'Refused'),
            ],
          },
        ],
        links: [{ traceId: Buffer.from(listing, 'hex'), spanId: Buffer.from(spanId(11), 'hex') }],
      },
    }),
    span({ traceId: checkout, id: 5, parent: 4, name: 'check', kind: internal ?? 0, atMs: 120n, ms: 5n }),
  ]),
  of('catalog', 'sql', [
    span({
      traceId: listing,
      id: 12,
      parent: 11,
      name: 'SELECT all',
      kind: client ?? 0,
      atMs: 5_005n,
      ms: 20n,
      more: { attributes: [attribute('db.system.name', 'sqlite')] },
    }),
  ]),
  // No resource, no scope, no status; and its parent never came.
  {
    scopeSpans: [
      { spans: [span({ traceId: job, id: 21, parent: 20, name: 'nightly', kind: 0, atMs: 9_000n, ms: 3n })] },
    ],
  },
]

export const shopRequest = Buffer.from(exportRequestType.encode({ resourceSpans }).finish())
