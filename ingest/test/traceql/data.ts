// A fixed set of traces that TraceQL is tried on, as plain objects: several services, trees of several shapes, spans
// whose parents are missing, events, links, and keys that have values of every type. Times are Unix nanoseconds.
// No randomness: what a span has follows from its number.
import type { SpanKind, StatusCode } from '../../src/wire.ts'

/** A bigint stands for an OTLP integer, a number for a double. */
export type Plain = string | boolean | bigint | number
export type PlainAttributes = Record<string, Plain | Plain[]>
export type PlainEvent = { name: string; time: bigint; attributes: PlainAttributes }
export type PlainLink = { traceId: string; spanId: string; attributes: PlainAttributes }

export type PlainSpan = {
  traceId: string
  spanId: string
  /** Empty for a root. */
  parentId: string
  name: string
  kind: SpanKind
  status: StatusCode
  message: string
  start: bigint
  duration: bigint
  resource: PlainAttributes
  attributes: PlainAttributes
  scope: { name: string; version: string; attributes: PlainAttributes }
  events: PlainEvent[]
  links: PlainLink[]
}
export type PlainTrace = PlainSpan[]

const second = 1_000_000_000n
const ms = 1_000_000n
/** A whole minute, so that steps of a minute start with it. */
export const dataStart = 1_699_999_980n * second
export const dataEnd = dataStart + 600n * second

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0')
export const traceIdOf = (number: number): string => hex(number + 1, 32)

const resources: Record<string, PlainAttributes> = {
  shop: { 'service.name': 'shop', 'service.namespace': 'prod', 'host.cpus': 8n, region: 'eu' },
  db: { 'service.name': 'db', 'service.namespace': 'prod', 'host.cpus': 16n, canary: true },
  payment: { 'service.name': 'payment', 'service.namespace': 'test', 'host.load': 0.5, region: 'us' },
  worker: { 'service.name': 'worker', shared: 'of resource', zones: ['a', 'b'] },
  // Without a service's name.
  nameless: { region: 'eu' },
}

type Given = Partial<Omit<PlainSpan, 'traceId' | 'spanId' | 'parentId' | 'start' | 'resource'>>

/** Adds spans to one trace: each starts `after` its parent's start. */
class TraceBuilder {
  readonly spans: PlainTrace = []
  readonly #number: number

  constructor(number: number) {
    this.#number = number
  }

  add(service: string, parent: PlainSpan | string | undefined, after: bigint, given: Given): PlainSpan {
    const isKnown = typeof parent === 'object'
    const span: PlainSpan = {
      traceId: traceIdOf(this.#number),
      spanId: hex(this.#number * 1_000 + this.spans.length + 1, 16),
      parentId: isKnown ? parent.spanId : (parent ?? ''),
      name: 'span',
      kind: 'INTERNAL',
      status: 'UNSET',
      message: '',
      start: (isKnown ? parent.start : dataStart + BigInt(this.#number) * 13n * second + 1n) + after,
      duration: 10n * ms,
      resource: resources[service] ?? {},
      attributes: {},
      scope: { name: 'tests', version: '1.0', attributes: {} },
      events: [],
      links: [],
      ...given,
    }
    this.spans.push(span)
    return span
  }
}

/** A request through four services. */
function checkout(number: number): PlainTrace {
  const trace = new TraceBuilder(number)
  const isFailed = number % 5 === 0
  const root = trace.add('shop', undefined, 0n, {
    name: number % 3 === 0 ? 'POST /checkout' : 'GET /cart',
    kind: 'SERVER',
    status: isFailed ? 'ERROR' : 'OK',
    message: isFailed ? 'card declined' : '',
    duration: BigInt(100 + number * 7) * ms,
    attributes: {
      'http.method': number % 3 === 0 ? 'POST' : 'GET',
      'http.status_code': isFailed ? 500n : 200n,
      'http.url': `https://shop.example/cart?item=${number}`,
      'user id': BigInt(number % 4),
      ...(number % 2 === 0 ? { 'cart.total': number * 1.5 } : {}),
    },
    scope: { name: 'http', version: '2.1.0', attributes: { sampled: number % 2 === 0 } },
  })
  const auth = trace.add('shop', root, 2n * ms, { name: 'auth', kind: 'CLIENT', duration: 20n * ms })
  trace.add('payment', auth, 1n * ms, { name: 'verify', kind: 'SERVER', duration: 15n * ms })
  for (let query = 0; query < (number * 3 + 1) % 5; query++) {
    const call = trace.add('shop', root, BigInt(30 + query * 10) * ms, {
      name: 'query',
      kind: 'CLIENT',
      duration: BigInt(5 + query) * ms,
      attributes: {
        'db.statement': `SELECT ${query}`,
        'db.rows': BigInt(query * 10),
        attempt: BigInt(query),
      },
    })
    trace.add('db', call, 1n * ms, {
      name: 'SELECT',
      kind: 'SERVER',
      duration: BigInt(2 + query) * ms,
      status: query === 2 ? 'ERROR' : 'UNSET',
      message: query === 2 ? 'lock timeout' : '',
      attributes: { 'db.rows': BigInt(query * 10), 'db.ratio': query / 4, cached: query === 1 },
    })
  }
  const charge = trace.add('shop', root, 80n * ms, {
    name: 'charge',
    kind: 'CLIENT',
    duration: 18n * ms,
    status: isFailed ? 'ERROR' : 'UNSET',
    events: isFailed
      ? [
          { name: 'retry', time: root.start + 85n * ms, attributes: { attempt: 1n } },
          {
            name: 'exception',
            time: root.start + 95n * ms,
            attributes: { 'exception.type': 'Declined', 'exception.escaped': true },
          },
        ]
      : [],
  })
  trace.add('payment', charge, 3n * ms, {
    name: 'POST /charge',
    kind: 'SERVER',
    duration: 12n * ms,
    status: isFailed ? 'ERROR' : 'OK',
    message: isFailed ? 'Declined: "no funds"' : '',
    attributes: { amount: number * 1.5, currency: number % 2 === 0 ? 'EUR' : 'USD' },
  })
  return trace.spans
}

/** A function that calls itself twice, so many levels deep. */
function recursion(number: number, levels: number): PlainTrace {
  const trace = new TraceBuilder(number)
  const call = (parent: PlainSpan | undefined, level: number): void => {
    const span = trace.add('worker', parent, BigInt(level) * ms, {
      name: level % 2 === 0 ? 'fib' : 'fib odd',
      duration: BigInt(2 ** (levels - level)) * ms,
      attributes: { n: BigInt(levels - level), 'fib.value': (levels - level) * 0.25, even: level % 2 === 0 },
    })
    if (level === levels) return
    call(span, level + 1)
    call(span, level + 1)
  }
  call(undefined, 0)
  return trace.spans
}

/** What a consumer does, without the producer that it hangs on; the message is a link. */
function orphans(number: number): PlainTrace {
  const trace = new TraceBuilder(number)
  const lost = hex(number * 1_000 + 999, 16)
  const link = (to: number, of: string): PlainLink => ({
    traceId: traceIdOf(to),
    spanId: hex(to * 1_000 + 1, 16),
    attributes: { queue: of, position: BigInt(to) },
  })
  for (let message = 0; message < 3; message++) {
    const consumed = trace.add('worker', lost, BigInt(message * 50) * ms, {
      name: 'receive',
      kind: 'CONSUMER',
      duration: BigInt(40 - message * 10) * ms,
      attributes: { shared: 'of span', batch: [1n, BigInt(message), 3n], topics: ['mail', `t${message}`] },
      links: message === 2 ? [] : [link(message, 'mail'), link(message + 1, 'sms')].slice(0, message + 1),
      scope: { name: 'messaging', version: '', attributes: {} },
    })
    trace.add('worker', consumed, 5n * ms, {
      name: 'send mail',
      kind: 'PRODUCER',
      duration: 10n * ms,
      status: message === 1 ? 'ERROR' : 'UNSET',
      events: [
        {
          name: 'sent',
          time: consumed.start + 9n * ms,
          attributes: { bytes: BigInt(1_000 * message), ok: message !== 1 },
        },
      ],
    })
  }
  return trace.spans
}

/** The same keys with a value of another type on each span; two roots. */
function mixtures(number: number): PlainTrace {
  const trace = new TraceBuilder(number)
  const values: PlainAttributes[] = [
    { code: 200n, flag: true, weight: 1n, 'a b': 'spaced', text: 'plain' },
    { code: '200', flag: 'true', weight: '1', 'a b': 2n, text: 'two\nlines' },
    { code: 200.5, flag: false, weight: 1, text: 'a "quoted" \\ text' },
    { code: 404n, flag: 1n, weight: -1n, big: 9_007_199_254_740_993n, text: 'ÄÖ ü€ 🐦' },
    { code: true, weight: 1e300, big: 9_007_199_254_740_992n, text: '' },
    { code: [200n, 404n], weight: -0.5, big: -9_223_372_036_854_775_808n, text: 'Plain' },
  ]
  const first = trace.add('nameless', undefined, 0n, { name: 'first root', attributes: values[0] ?? {} })
  values.slice(1).forEach((attributes, at) =>
    trace.add(at % 2 === 0 ? 'nameless' : 'db', first, BigInt(at) * ms, {
      name: 'mixed',
      kind: 'UNSPECIFIED',
      duration: BigInt(at) * 1_000n - 1_000n,
      attributes,
    }),
  )
  trace.add('db', undefined, 20n * ms, {
    name: 'second root',
    duration: 2n * second,
    attributes: { weight: 3n },
  })
  return trace.spans
}

/** One span each. */
function single(number: number): PlainTrace {
  const trace = new TraceBuilder(number)
  trace.add(number % 2 === 0 ? 'db' : 'payment', undefined, 0n, {
    name: 'ping',
    kind: 'CLIENT',
    status: number % 4 === 0 ? 'OK' : 'UNSET',
    duration: BigInt(number % 7) * 250n * ms,
    attributes: { attempt: BigInt(number), nan: Number.NaN },
  })
  return trace.spans
}

export const traces: readonly PlainTrace[] = Array.from({ length: 40 }, (_, number) => {
  if (number % 8 === 6) return recursion(number, 3 + (number % 3))
  if (number % 8 === 7) return orphans(number)
  if (number % 8 === 5) return mixtures(number)
  return number % 8 === 3 || number % 8 === 4 ? single(number) : checkout(number)
})

export const allSpans: readonly PlainSpan[] = traces.flat()
