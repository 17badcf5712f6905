// OTLP protobuf requests for benchmarks: spans of some 460 bytes, 10 attributes each, 10 spans a trace, 20 services in
// a request of 400 spans. Encoded once in `variants` with other attribute values each, so that blocks do not compress
// better than real ones; before each sending, fresh ids and times are written into the bytes at known offsets.
import { randomFillSync, randomInt } from 'node:crypto'
import { readFrames } from '../src/otlp/frames.ts'
import { exportRequestType } from '../src/otlp/schema.ts'

export const largeRequestSpans = 400
export const smallRequestSpans = 10
const spansPerTrace = 10
const spansPerService = 20
const services = 20

// Offsets inside a span as written below: tag and length, then the id; both ids and the parent come first.
const traceIdAt = 2
const spanIdAt = 20
const parentIdAt = 30

export type Load = {
  /** The next body; valid until this is called again as often as there are variants. */
  next: (nowNano: bigint) => Buffer
}
type Variant = { body: Buffer; refresh: (nowNano: bigint) => void }

/** What questions find something by: durations from 1 ms to 100 ms, and an attribute that hardly a trace has. */
export type Findable = {
  /** Whether durations are wide; else they are all a little over 1 ms. */
  wideDurations: boolean
  /** Its first span has it. */
  rare: boolean
}
const plain: Findable = { wideDurations: false, rare: false }
export const rareAttribute = { key: 'customer.tier', value: 'platinum-by-hand' }

/** `headOf` is what stands before each body, such as the head of an HTTP request; `next` gives both in one buffer. */
export function createLoad(
  spansPerRequest: number,
  variants: number,
  headOf: (bodyBytes: number) => string = () => '',
  findable = plain,
): Load {
  const pool = Array.from({ length: variants }, () => createVariant(spansPerRequest, headOf, findable))
  let at = 0
  return {
    next(nowNano) {
      const variant = pool[at++ % pool.length] ?? createVariant(spansPerRequest, headOf, findable)
      variant.refresh(nowNano)
      return variant.body
    },
  }
}

function createVariant(
  spansPerRequest: number,
  headOf: (bodyBytes: number) => string,
  { wideDurations, rare }: Findable,
): Variant {
  const encoded = encode(spansPerRequest, rare)
  const head = Buffer.from(headOf(encoded.length))
  const body = Buffer.concat([head, encoded])
  const spans = readFrames(encoded).flatMap(({ scopes }) => scopes.flatMap((scope) => scope.spans))
  const places = spans.map(({ start, end }) => ({
    span: start + head.length,
    times: encoded.subarray(start, end).indexOf(marker) + start + head.length,
  }))
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const random = new Uint32Array(spans.length * 2 + Math.ceil(spans.length / spansPerTrace) * 4)
  return {
    body,
    refresh(nowNano) {
      randomFillSync(random)
      const word = (at: number): number => random[at] ?? 0
      // In halves of 32 bits: bigints would take most of the loader's time, which the service lacks.
      const [nowHigh, nowLow] = [Number(nowNano >> 32n), Number(nowNano & 0xffff_ffffn)]
      const setTime = (at: number, sinceNow: number): void => {
        const low = nowLow + sinceNow
        view.setUint32(at, low >>> 0, true)
        view.setUint32(at + 4, nowHigh + Math.floor(low / 2 ** 32), true)
      }
      for (let at = 0; at < places.length; at++) {
        const { span = 0, times = 0 } = places[at] ?? {}
        const trace = Math.floor(at / spansPerTrace)
        const traceWord = places.length * 2 + trace * 4
        for (let part = 0; part < 4; part++) {
          view.setUint32(span + traceIdAt + part * 4, word(traceWord + part))
        }
        view.setUint32(span + spanIdAt, word(at * 2))
        view.setUint32(span + spanIdAt + 4, word(at * 2 + 1))
        if (at % spansPerTrace !== 0) {
          const root = trace * spansPerTrace * 2
          view.setUint32(span + parentIdAt, word(root))
          view.setUint32(span + parentIdAt + 4, word(root + 1))
        }
        const start = at * 10_000
        const duration = wideDurations ? wideDuration(word(at * 2)) : 1_000_000 + (word(at * 2) & 255) * 1_000
        setTime(times + 1, start)
        setTime(times + 10, start + duration)
      }
    },
  }
}

/** Nanoseconds: 1 to 100 ms, half of them below 3.2 ms, one in thirteen above 50 ms. */
function wideDuration(random: number): number {
  return Math.round(1_000_000 * 100 ** (((random & 0xffff) / 0x1_0000) ** 2))
}

// Start and end time as written below: tag 7, eight bytes, tag 8, eight bytes.
const placeholder = { low: 0x5a5a5a5a, high: 0x5a5a5a5a }
const marker = Buffer.from([0x39, ...Array.from({ length: 8 }, () => 0x5a), 0x41])

function encode(spansPerRequest: number, rare: boolean): Buffer {
  const spansOf = Math.min(spansPerService, spansPerRequest)
  const first = randomInt(services)
  const resourceSpans = Array.from({ length: spansPerRequest / spansOf }, (_, index) => {
    const service = (first + index) % services
    return {
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
          spans: Array.from({ length: spansOf }, (_, at) =>
            spanOf(service, at, rare && index === 0 && at === 0),
          ),
        },
      ],
    }
  })
  return Buffer.from(exportRequestType.encode({ resourceSpans }).finish())
}

function spanOf(service: number, at: number, rare: boolean): object {
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
      ...(rare ? [text(rareAttribute.key, rareAttribute.value)] : []),
    ],
    status: { code: at % 19 === 0 ? 2 : 0 },
  }
}

function text(key: string, stringValue: string): object {
  return { key, value: { stringValue } }
}
