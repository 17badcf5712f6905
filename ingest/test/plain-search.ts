// Searching as it is meant, for tests: spans as a list, each query beside a function that says which spans of a trace it
// finds. In: spans in the order in which they came; out: traces in order.
import * as fc from 'fast-check'
import type { SearchOrder } from '../src/store/questions.ts'
import type { TraceSource } from '../src/wire.ts'
import { hexId } from './sample.ts'
import type { SampleSpan } from './sample.ts'

/** Of a trace's spans (each id once) those that are found. */
export type Plain = (spans: readonly SampleSpan[]) => SampleSpan[]

const spans: fc.Arbitrary<SampleSpan> = fc.record({
  traceId: fc.integer({ min: 1, max: 12 }).map((number) => hexId(number, 32)),
  spanId: fc.integer({ min: 1, max: 40 }).map((number) => hexId(number, 16)),
  parentSpanId: fc.oneof(
    fc.constant(''),
    fc.integer({ min: 1, max: 40 }).map((number) => hexId(number, 16)),
  ),
  // Later than the shortest duration is long: an end before 1970 is rejected.
  start: fc.bigInt(4n, 60n),
  service: fc.constantFrom('shop', 'db', 'mail'),
  source: fc.constantFrom<TraceSource>('beyla', 'bpftrace', 'otlp'),
  name: fc.constantFrom('GET /', 'query', 'fork'),
  status: fc.constantFrom(0, 1, 2),
  duration: fc.bigInt(-3n, 9n),
  tags: fc.record({ 'http.route': fc.constantFrom('/', '/cart'), customer: fc.nat(5).map(String) }),
})

/** Spans by commit. A span id stands for one span: its copies are equal, as a retry's are. */
export const commits = fc
  .array(fc.array(spans, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 })
  .map((batches) => {
    const first = new Map<string, SampleSpan>()
    const sameAsFirst = (span: SampleSpan): SampleSpan => {
      const key = `${span.traceId} ${span.spanId}`
      const known = first.get(key) ?? span
      first.set(key, known)
      return known
    }
    return batches.map((batch) => batch.map(sameAsFirst))
  })

const by =
  (fits: (span: SampleSpan) => boolean): Plain =>
  (of) =>
    of.filter(fits)
const isChild = (parent: SampleSpan, child: SampleSpan) =>
  child.parentSpanId === parent.spanId && child.spanId !== parent.spanId

const queries: readonly { query: string; plain: Plain }[] = [
  { query: '{ }', plain: by(() => true) },
  { query: '{ resource.service.name = "shop" }', plain: by(({ service }) => service === 'shop') },
  {
    query: '{ status = error && duration > 3ns }',
    plain: by((s) => s.status === 2 && (s.duration ?? 0n) > 3n),
  },
  {
    query: '{ name = "query" || span.customer = "3" }',
    plain: by((s) => s.name === 'query' || s.tags?.['customer'] === '3'),
  },
  {
    query: '{ .http.route = "/cart" && !(status = ok) }',
    plain: by((s) => s.tags?.['http.route'] === '/cart' && s.status !== 1),
  },
  {
    query: '{ span.customer =~ "[12]" && kind = server }',
    plain: by((s) => /^[12]$/.test(s.tags?.['customer'] ?? '')),
  },
  {
    query: '{ span.customer != "1" && name != "fork" }',
    plain: by((s) => s.tags?.['customer'] !== '1' && s.name !== 'fork'),
  },
  { query: '{ span.none = "1" }', plain: by(() => false) },
  { query: '{ span.none = nil && duration <= 0ns }', plain: by((s) => (s.duration ?? 0n) <= 0n) },
  {
    query: '{ nestedSetParent < 0 && name = "GET /" }',
    plain: by((s) => s.parentSpanId === '' && s.name === 'GET /'),
  },
  { query: '{ resource.trace_source = "beyla" }', plain: by(({ source }) => source === 'beyla') },
  {
    query: '{ status = error } | { resource.service.name = "db" }',
    plain: by((s) => s.status === 2 && s.service === 'db'),
  },
  {
    query: '{ status = error } && { name = "fork" }',
    plain: (of) => {
      const [one, other] = [of.filter((s) => s.status === 2), of.filter((s) => s.name === 'fork')]
      return one.length > 0 && other.length > 0 ? [...one, ...other] : []
    },
  },
  { query: '{ status = error } || { name = "fork" }', plain: by((s) => s.status === 2 || s.name === 'fork') },
  {
    query: '{ span.customer = "2" } | count() > 1',
    plain: (of) => {
      const found = of.filter((s) => s.tags?.['customer'] === '2')
      return found.length > 1 ? found : []
    },
  },
  {
    query: '{ resource.service.name = "shop" } > { status = error }',
    plain: (of) => of.filter((s) => s.status === 2 && of.some((p) => p.service === 'shop' && isChild(p, s))),
  },
  {
    query: '{ name = "query" } !> { status = error }',
    plain: (of) => of.filter((s) => s.status === 2 && !of.some((p) => p.name === 'query' && isChild(p, s))),
  },
  {
    query: '{ traceDuration > 40ns && status = error }',
    plain: (of) => {
      const starts = of.map((s) => Number(s.start))
      const ends = of.map((s) => Number(s.start) + Number(s.duration))
      return Math.max(...ends) - Math.min(...starts) > 40 ? of.filter((s) => s.status === 2) : []
    },
  },
]

export const searchCases = fc
  .record({
    order: fc.constantFrom<SearchOrder>('newest', 'slowest'),
    limit: fc.integer({ min: 1, max: 7 }),
    start: fc.option(fc.bigInt(0n, 60n), { nil: undefined }),
    end: fc.option(fc.bigInt(1n, 61n), { nil: undefined }),
    asked: fc.constantFrom(...queries),
  })
  .map(({ asked, ...rest }) => ({ ...rest, ...asked }))

type Asked = { plain: Plain; order: SearchOrder; start: bigint | undefined; end: bigint | undefined }

/** `trace id, spans` of each trace. */
export function plainFind(
  all: readonly SampleSpan[],
  { plain, order, start = 0n, end = 1_000n }: Asked,
): string[] {
  return [...Map.groupBy(all, ({ traceId }) => traceId)]
    .map(([traceId, copies]) => ({
      traceId,
      of: [...new Map(copies.map((span) => [span.spanId, span])).values()],
    }))
    .filter(({ of }) => plain(of).some((span) => (span.start ?? 0n) >= start && (span.start ?? 0n) < end))
    .map(({ traceId, of }) => {
      const first = Math.min(...of.map((span) => Number(span.start)))
      const last = Math.max(...of.map((span) => Number(span.start) + Number(span.duration)))
      return { traceId, key: order === 'newest' ? first : last - first, spans: of.length }
    })
    .sort((a, b) => b.key - a.key || (a.traceId < b.traceId ? -1 : 1))
    .map(({ traceId, spans }) => `${traceId} ${spans}`)
}
