// OTLP/JSON requests like those of the bridge, Beyla and an SDK, with made-up traces of a shop; and their sending.
import type { Ingest } from './ingest-process.ts'

export type SpanParts = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startNs: bigint
  durationNs: bigint
  /** OTLP: 1 internal, 2 server, 3 client. */
  kind?: number
  error?: string
  attributes?: object[]
  events?: object[]
  links?: object[]
}

export type Sender = { scope: string; service: string }

export const bridge: Sender = { scope: 'probespan-bridge', service: 'usdt-demo' }
export const beyla: Sender = { scope: 'go.opentelemetry.io/obi', service: 'usdt-demo' }
export const sdk: Sender = { scope: 'checkout-instrumentation', service: 'storefront' }

export const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
export const int = (key: string, intValue: string) => ({ key, value: { intValue } })

export async function send(
  ingest: Ingest,
  sender: Sender,
  spans: SpanParts[],
  more: object[] = [],
): Promise<void> {
  const response = await fetch(`${ingest.origin}/v1/traces`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(ingest.apiKey === undefined ? {} : { 'x-api-key': ingest.apiKey }),
    },
    body: JSON.stringify(requestOf(sender, spans, more)),
  })
  if (response.status !== 200) throw new Error(`ingest answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

/** `more` attributes of the resource. */
function requestOf({ scope, service }: Sender, spans: SpanParts[], more: object[]): object {
  const resource = {
    attributes: [
      text('service.name', service),
      text('host.name', 'shop-1'),
      int('process.pid', '4242'),
      ...more,
    ],
  }
  const scopeSpans = [{ scope: { name: scope, version: '1.2.3' }, spans: spans.map(spanOf) }]
  return { resourceSpans: [{ resource, scopeSpans }] }
}

function spanOf({ startNs, durationNs, kind = 1, error, ...rest }: SpanParts): object {
  return {
    ...rest,
    kind,
    startTimeUnixNano: startNs.toString(),
    endTimeUnixNano: (startNs + durationNs).toString(),
    status: error === undefined ? {} : { code: 2, message: error },
  }
}

/** A request with a query and a payment inside it, `ageNs` before `nowNs`. Ids follow from `number`. */
export function shopTrace(number: number, nowNs: bigint, failed: boolean): SpanParts[] {
  const traceId = number.toString(16).padStart(32, 'a0')
  const id = (part: number) => (number * 16 + part).toString(16).padStart(16, 'b0')
  const startNs = nowNs - BigInt(number) * 1_730_123_457n
  // Between 8 and 130 ms, without a pattern that shows.
  const durationNs = 8_000_000n + BigInt((number * number * 7_919 + number * 37) % 122) * 1_037_419n
  const route = ['POST /checkout', 'GET /products/:id', 'POST /orders', 'GET /cart'][number % 4] ?? ''
  const refusal = 'card declined: insufficient funds'
  return [
    {
      traceId,
      spanId: id(1),
      name: route,
      kind: 2,
      startNs,
      durationNs,
      attributes: [
        text('http.request.method', route.split(' ')[0] ?? ''),
        text('http.route', route.split(' ')[1] ?? ''),
        int('http.response.status_code', failed ? '402' : '200'),
        text('shop.request.id', `req-${number}`),
      ],
      ...(failed ? { error: refusal } : {}),
    },
    {
      traceId,
      spanId: id(2),
      parentSpanId: id(1),
      name: 'query',
      kind: 3,
      startNs: startNs + durationNs / 20n,
      durationNs: durationNs / 3n,
      attributes: [text('db.query.text', 'SELECT price FROM products WHERE id = $1')],
    },
    {
      traceId,
      spanId: id(3),
      parentSpanId: id(2),
      name: 'fetch rows',
      startNs: startNs + durationNs / 6n,
      durationNs: durationNs / 7n,
    },
    {
      traceId,
      spanId: id(4),
      parentSpanId: id(1),
      name: 'payment',
      kind: 3,
      startNs: startNs + durationNs / 2n,
      durationNs: (durationNs * 2n) / 5n,
      attributes: [int('payment.amount_cents', '9007199254740993')],
      events: failed
        ? [
            {
              timeUnixNano: (startNs + durationNs / 2n + 1_500n).toString(),
              name: 'exception',
              attributes: [text('exception.message', refusal)],
            },
          ]
        : [],
      ...(failed ? { error: refusal } : {}),
    },
  ]
}

export const nowNs = BigInt(Date.now()) * 1_000_000n
const tracesOf = (numbers: number[]) => numbers.map((number) => shopTrace(number, nowNs, number % 9 === 4))

export const bridgeTraces = tracesOf([1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23])
export const beylaTraces = tracesOf([3, 9, 15, 21])
export const sdkTraces = tracesOf([6, 12, 18])
/** One of bridgeTraces. */
export const failedTrace = shopTrace(4, nowNs, true)

/** One request as three senders saw it: the storefront's SDK, Beyla at the shop's door, the bridge inside. */
export const sharedTrace = sharedOf(shopTrace(24, nowNs + 41_000_000_000n, true))

/** Its spans, the outermost first. */
export const sharedSpans = sharedTrace.flatMap(({ spans }) => spans)

function sharedOf([request, query, fetchRows, payment]: SpanParts[]): {
  sender: Sender
  spans: SpanParts[]
}[] {
  if (!request || !query || !fetchRows || !payment) throw new Error('a shop trace has four spans')
  const { startNs, durationNs, traceId } = request
  const outer: SpanParts = {
    traceId,
    spanId: 'c0c0c0c0c0c0c001',
    name: 'checkout',
    kind: 3,
    startNs: startNs - 3_141_592n,
    durationNs: durationNs + 5_926_535n,
  }
  const door: SpanParts = {
    ...request,
    spanId: 'c0c0c0c0c0c0c002',
    parentSpanId: outer.spanId,
    startNs: startNs - 61_803n,
    durationNs: durationNs + 98_874n,
  }
  return [
    { sender: sdk, spans: [outer] },
    { sender: beyla, spans: [door] },
    {
      sender: bridge,
      spans: [{ ...request, name: 'request', parentSpanId: door.spanId }, query, fetchRows, payment],
    },
  ]
}

/** Trace ids, newest first. */
export const idsOf = (...traces: SpanParts[][]): string[] =>
  traces
    .flatMap((spans) => spans.slice(0, 1))
    .sort((a, b) => (a.startNs > b.startNs ? -1 : 1))
    .map((span) => span.traceId)
