// TraceQL texts as Grafana's clients send them, over shop-traces.ts: what each must find. From the Tempo data source's query
// builder and editor (SearchTraceQLEditor, cheat sheet) and from the Traces Drilldown app, which all share one language.
import { checkout, job, listing } from './shop-traces.ts'

export type SearchCase = { q: string; traces: readonly string[]; matched?: number }

const all = [job, listing, checkout]

export const searches: readonly SearchCase[] = [
  // The query builder: filters joined by &&, choices in parentheses or as a pattern.
  { q: '{}', traces: all, matched: 8 },
  { q: '{resource.service.name="shop"}', traces: [listing, checkout] },
  { q: '{resource.service.name=~"shop|payments"}', traces: [listing, checkout], matched: 6 },
  {
    q: '{(resource.service.name="shop" || resource.service.name="catalog") && name="SELECT all"}',
    traces: [listing],
  },
  { q: '{(resource.service.name!="shop" && resource.service.name!="payments")}', traces: [job, listing] },
  {
    q: '{resource.service.name="shop" && name="pay" && status=error && kind=client}',
    traces: [checkout],
    matched: 1,
  },
  { q: '{duration>1s}', traces: [checkout], matched: 1 },
  { q: '{traceDuration>1s}', traces: [checkout], matched: 5 },
  { q: '{duration>=20ms && duration<50ms}', traces: [listing, checkout], matched: 3 },
  { q: '{span.http.status_code=500}', traces: [checkout] },
  { q: '{span.http.status_code>=200 && span.http.status_code<300}', traces: [listing] },
  { q: '{span.retry=true}', traces: [checkout] },
  { q: '{.http.route=~"/che.*"}', traces: [checkout] },
  { q: '{.http.route!~"/che.*"}', traces: [listing] },
  { q: '{span.http.route != nil}', traces: [listing, checkout] },
  { q: '{rootName="POST /checkout" && rootServiceName="shop"}', traces: [checkout], matched: 5 },
  { q: '{event.exception.type="Refused"}', traces: [checkout], matched: 1 },
  { q: '{event:name="exception"}', traces: [checkout], matched: 1 },
  { q: '{instrumentation:name="grpc"}', traces: [checkout], matched: 2 },
  { q: '{instrumentation:version="1.0" && span:kind=server}', traces: [listing, checkout] },
  { q: '{link:traceID="' + listing + '"}', traces: [checkout] },
  { q: '{statusMessage="payment failed"}', traces: [checkout] },
  { q: '{span:status=error && trace:rootName="POST /checkout"}', traces: [checkout], matched: 3 },
  { q: '{trace:id="' + checkout + '"}', traces: [checkout], matched: 5 },
  // The cheat sheet: structure, aggregates, grouping.
  {
    q: '{resource.service.name="shop"} >> {resource.service.name="payments" && status=error}',
    traces: [checkout],
    matched: 1,
  },
  { q: '{name="pay"} > {name="Pay"}', traces: [checkout], matched: 1 },
  { q: '{name="SELECT products"} ~ {name="pay"}', traces: [checkout], matched: 1 },
  { q: '{status=error} && {name="SELECT products"}', traces: [checkout], matched: 4 },
  { q: '{name="check"} || {name="SELECT all"}', traces: [listing, checkout] },
  { q: '{resource.service.name="shop"} !>> {kind=internal}', traces: [] },
  { q: '{ } | count() > 2', traces: [checkout] },
  { q: '{kind=client} | avg(duration) > 500ms', traces: [checkout] },
  { q: '{ } | max(duration) < 10ms', traces: [job] },
  { q: '{ } | by(resource.service.name) | count() > 1', traces: [checkout] },
  { q: '{status=error} | select(resource.service.name, span.http.route)', traces: [checkout] },
  { q: '{} | select(span:name) with (most_recent=true)', traces: all },
  // Traces Drilldown.
  { q: '{nestedSetParent<0 && true}', traces: [listing, checkout], matched: 2 },
  { q: '{true && true}', traces: all },
  {
    q: '{span.db.system.name!="" && true} | select(status,resource.service.name,name,duration)',
    traces: [listing, checkout],
  },
  {
    q: '{kind=server && resource.service.name="shop" && status = error} | select(resource.service.name, event.exception.message,event.exception.stacktrace,event.exception.type) with(most_recent=true)',
    traces: [checkout],
  },
  {
    q: '({nestedSetParent<0 && true && status = error} &>> { status = error }) || ({nestedSetParent<0 && true && status = error}) | select(status, resource.service.name, name, nestedSetParent, nestedSetLeft, nestedSetRight)',
    traces: [checkout],
    matched: 3,
  },
]

/** Sums over all steps, by the value of the first label. */
export type MetricsCase = { q: string; sums?: Readonly<Record<string, number>>; labels?: readonly string[] }

export const metrics: readonly MetricsCase[] = [
  { q: '{} | count_over_time()', sums: { '': 8 } },
  { q: '{nestedSetParent<0 && true} | rate() ', sums: { '': 2 / 30 } },
  { q: '{nestedSetParent<0 && true && status=error} | rate() ', sums: { '': 1 / 30 } },
  {
    q: '{true && resource.service.name != nil} | rate() by(resource.service.name)',
    labels: ['resource.service.name'],
  },
  {
    q: '{nestedSetParent<0 && true && resource.service.name != nil} | rate() by(resource.service.name) with(sample=true)',
    sums: { shop: 2 / 30 },
  },
  { q: '{kind=server} | count_over_time() by (status)', sums: { error: 2, ok: 1 } },
  { q: '{kind=server} | count_over_time() by (span.http.status_code)', labels: ['span.http.status_code'] },
  { q: '{nestedSetParent<0 && true} | quantile_over_time(duration, 0.9) ', labels: ['p'] },
  {
    q: '{kind=server} | quantile_over_time(duration, .5, .99) by (resource.service.name)',
    labels: ['resource.service.name', 'p'],
  },
  {
    q: '{nestedSetParent<0 && true} | histogram_over_time(duration) with(sample=true)',
    labels: ['__bucket'],
  },
  { q: '{name="pay"} | min_over_time(duration)', sums: { '': 1 } },
  { q: '{name="pay"} | max_over_time(duration)', sums: { '': 1 } },
  {
    q: '{kind=client} | sum_over_time(duration) by (name)',
    sums: { pay: 1, 'SELECT products': 0.04, 'SELECT all': 0.02 },
  },
  { q: '{kind=client} | avg_over_time(span:duration) by (name)', labels: ['name'] },
  { q: '{} | rate() by (resource.service.name) | topk(1)', labels: ['resource.service.name'] },
  { q: '{nestedSetParent<0 && true} | compare({status = error}, 10)', labels: ['__meta_type'] },
]
