// Traces for questions: made from a seed, with values of every kind, sent as OTLP/JSON, and kept as plain objects that a
// test can go through by itself. Times are Unix nanoseconds.
import { hexId } from './sample.ts'
import { jsonType, post } from './running.ts'
import type { SpanKind, StatusCode, TraceSource, TraceSummary } from '../src/wire.ts'

export type PlainValue = string | number | bigint | boolean

export type PlainSpan = {
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  kind: SpanKind
  status: StatusCode
  start: bigint
  duration: bigint
  service: string
  source: TraceSource
  attributes: Readonly<Record<string, PlainValue>>
  resource: Readonly<Record<string, PlainValue>>
}

export const firstStart = 1_700_000_000_000_000_000n
const services = ['shop', 'cart', 'pay & co', 'db']
const names = ['GET /', 'POST /checkout', 'SELECT 1', 'charge']
const kinds: readonly SpanKind[] = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const statuses: readonly StatusCode[] = ['UNSET', 'OK', 'ERROR']
const scopes = { otlp: 'tests', beyla: 'go.opentelemetry.io/obi', bpftrace: 'probespan-bridge' } as const
const sources = ['otlp', 'beyla', 'bpftrace'] as const

/** Numbers from 0 to below 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

/** A millisecond apart; each of one to five spans. */
export function madeTraces(seed: number, count: number, firstId = 1): PlainSpan[] {
  const random = randomFrom(seed)
  const one = <Item>(of: readonly Item[]): Item => {
    const item = of[Math.floor(random() * of.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }
  return Array.from({ length: count }, (_, index) => {
    const traceId = hexId(firstId + index, 32)
    const start = firstStart + BigInt(firstId + index) * 1_000_000n
    const source = one(sources)
    return Array.from({ length: 1 + Math.floor(random() * 5) }, (_none, at): PlainSpan => {
      const attributes = {
        ...(random() < 0.7 && { 'http.status': one([200, 200, 404, 500, 503]) }),
        ...(random() < 0.5 && { 'http.route': one(['/cart', '/cart/items', '/pay', '~/home', 'a=b']) }),
        ...(random() < 0.4 && { ratio: one([0.25, 0.5, 200.5, 1e21]) }),
        ...(random() < 0.3 && { cached: one([true, false]) }),
        ...(random() < 0.3 && { code: one<PlainValue>(['200', 200, 'true', true, '']) }),
      }
      return {
        traceId,
        spanId: hexId((firstId + index) * 8 + at + 1, 16),
        parentSpanId: at === 0 ? undefined : hexId((firstId + index) * 8 + Math.floor(random() * at) + 1, 16),
        name: one(names),
        kind: one(kinds),
        status: random() < 0.8 ? 'UNSET' : one(statuses),
        start: start + BigInt(at) * 10_000n,
        duration: BigInt(Math.floor(random() * 1_000_000)),
        service: one(services),
        source,
        attributes,
        resource: random() < 0.5 ? { region: one(['eu', 'us']), code: 7 } : {},
      }
    })
  }).flat()
}

export async function send(url: string, spans: readonly PlainSpan[]): Promise<void> {
  const resourceSpans = spans.map((span) => ({
    resource: { attributes: shown({ 'service.name': span.service, ...span.resource }) },
    scopeSpans: [{ scope: { name: scopes[span.source as keyof typeof scopes] }, spans: [wireSpan(span)] }],
  }))
  const response = await post(`${url}/v1/traces`, JSON.stringify({ resourceSpans }), jsonType)
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
}

function wireSpan(span: PlainSpan): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    name: span.name,
    kind: kinds.indexOf(span.kind) + 1,
    status: { code: statuses.indexOf(span.status) },
    startTimeUnixNano: String(span.start),
    endTimeUnixNano: String(span.start + span.duration),
    attributes: shown(span.attributes),
  }
}

const shown = (values: Readonly<Record<string, PlainValue>>): object[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: shownValue(value) }))

function shownValue(value: PlainValue): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  const whole = typeof value === 'bigint' || (Number.isInteger(value) && Math.abs(value) < 2 ** 53)
  return whole ? { intValue: String(value) } : { doubleValue: value }
}

/** By going through all of them: traces with a span that fits, the newest first. */
export function tracesOf(
  spans: readonly PlainSpan[],
  fits: (span: PlainSpan) => boolean,
): Pick<TraceSummary, 'traceId' | 'spanCount' | 'startUnixNano' | 'durationNano' | 'errorCount'>[] {
  return [...Map.groupBy(spans, ({ traceId }) => traceId)]
    .filter(([, of]) => of.some(fits))
    .map(([traceId, of]) => {
      const start = of.reduce((least, span) => (span.start < least ? span.start : least), of[0]?.start ?? 0n)
      const end = of.reduce(
        (most, span) => (span.start + span.duration > most ? span.start + span.duration : most),
        0n,
      )
      return {
        traceId,
        spanCount: of.length,
        errorCount: of.filter(({ status }) => status === 'ERROR').length,
        startUnixNano: String(start),
        durationNano: String(end - start),
      }
    })
    .sort((a, b) => (BigInt(a.startUnixNano) > BigInt(b.startUnixNano) ? -1 : 1))
}
