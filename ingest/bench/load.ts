// OTLP protobuf requests for benchmarks: 400 spans of some 430 bytes, 10 attributes each, 10 spans a trace, 20
// services. Encoded once in `variants` with other attribute values each, so that blocks do not compress better than
// real ones; before each sending, fresh ids and times are written into the bytes at known offsets.
import { randomFillSync, randomInt } from 'node:crypto'
import { readFrames } from '../src/otlp/frames.ts'
import { exportRequestType } from '../src/otlp/schema.ts'

export const spansPerRequest = 400
const spansPerTrace = 10
const services = 20

// Offsets inside a span as written below: tag and length, then the id; both ids and the parent come first.
const traceIdAt = 2
const spanIdAt = 20
const parentIdAt = 30

/** As many spans as a block of the store holds. */
const variants = 20

export type Load = {
  /** The next body; valid until this is called again `variants` times. */
  next: (nowNano: bigint) => Buffer
}
type Variant = { body: Buffer; refresh: (nowNano: bigint) => void }

export function createLoad(): Load {
  const pool = Array.from({ length: variants }, createVariant)
  let at = 0
  return {
    next(nowNano) {
      const variant = pool[at++ % variants] ?? createVariant()
      variant.refresh(nowNano)
      return variant.body
    },
  }
}

function createVariant(): Variant {
  const body = encode()
  const spans = readFrames(body).flatMap(({ scopes }) => scopes.flatMap((scope) => scope.spans))
  const times = spans.map(({ start, end }) => body.subarray(start, end).indexOf(marker) + start)
  const ids = Buffer.alloc(spans.length * 8 + (spans.length / spansPerTrace) * 16)
  return {
    body,
    refresh(nowNano) {
      randomFillSync(ids)
      const traceIds = ids.subarray(spans.length * 8)
      for (const [at, { start }] of spans.entries()) {
        const trace = Math.floor(at / spansPerTrace)
        traceIds.copy(body, start + traceIdAt, trace * 16, trace * 16 + 16)
        ids.copy(body, start + spanIdAt, at * 8, at * 8 + 8)
        if (at % spansPerTrace !== 0) ids.copy(body, start + parentIdAt, trace * 80, trace * 80 + 8)
        const startNano = nowNano + BigInt(at) * 10_000n
        body.writeBigUInt64LE(startNano, (times[at] ?? 0) + 1)
        body.writeBigUInt64LE(
          startNano + 1_000_000n + BigInt(ids[at * 8] ?? 0) * 1_000n,
          (times[at] ?? 0) + 10,
        )
      }
    },
  }
}

// Start and end time as written below: tag 7, eight bytes, tag 8, eight bytes.
const placeholder = { low: 0x5a5a5a5a, high: 0x5a5a5a5a }
const marker = Buffer.from([0x39, ...Array.from({ length: 8 }, () => 0x5a), 0x41])

function encode(): Buffer {
  const resourceSpans = Array.from({ length: services }, (_, service) => ({
    resource: {
      attributes: [
        text('service.name', `service-${service}`),
        text('host.name', 'bench'),
        text('os.type', 'linux'),
      ],
    },
    scopeSpans: [
      {
        scope: { name: 'bench', version: '1.0.0' },
        spans: Array.from({ length: spansPerRequest / services }, (_, at) => spanOf(service, at)),
      },
    ],
  }))
  return Buffer.from(exportRequestType.encode({ resourceSpans }).finish())
}

function spanOf(service: number, at: number): object {
  const isRoot = at % spansPerTrace === 0
  return {
    traceId: Buffer.alloc(16, 1),
    spanId: Buffer.alloc(8, 1),
    ...(isRoot ? {} : { parentSpanId: Buffer.alloc(8, 1) }),
    name: `GET /api/items/{id}/${at % 7}`,
    kind: isRoot ? 2 : 1,
    startTimeUnixNano: placeholder,
    endTimeUnixNano: placeholder,
    attributes: [
      text('http.request.method', 'GET'),
      text('url.path', `/api/items/${randomInt(1_000_000)}/details`),
      text('http.route', '/api/items/{id}/details'),
      { key: 'http.response.status_code', value: { intValue: { low: 200, high: 0 } } },
      text('client.address', `10.0.${randomInt(256)}.${randomInt(256)}`),
      text('server.address', `service-${service}.internal`),
      { key: 'server.port', value: { intValue: { low: 8080, high: 0 } } },
      text(
        'user_agent.original',
        `Mozilla/5.0 (X11; Linux x86_64; rv:${randomInt(90, 140)}.0) Gecko/20100101`,
      ),
      text('customer.id', `customer-${randomInt(50_000)}`),
      { key: 'cache.hit', value: { boolValue: at % 2 === 0 } },
    ],
    status: { code: at % 19 === 0 ? 2 : 0 },
  }
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } }
}
