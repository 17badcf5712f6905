// Queries with metrics, each beside the series that it means.
import { traces } from './data.ts'
import type { PlainSpan } from './data.ts'
import { any, everything, list, numeric, rootOf, service, where } from './plain-evaluation.ts'
import { descendant, having, related } from './plain-evaluation.ts'
import { bucket, count, least, mean, most, quantile, rate, series, total } from './plain-metrics.ts'
import type { Label, MetricsCase, PlainSeries } from './plain-metrics.ts'

const none = (): Label[] => []
const byName = (s: PlainSpan): Label[] => [['name', s.name]]
const byService = (s: PlainSpan): Label[] => [['resource.service.name', list(service(s))[0]]]
const seconds = (s: PlainSpan): number => Number(s.duration) / 1e9
const nano = (s: PlainSpan): number => Number(s.duration)
const servers = where((s) => s.kind === 'SERVER')
const of = (key: string) => (s: PlainSpan) => numeric(any(s, key))
const has = (key: string) => (s: PlainSpan) => !Number.isNaN(of(key)(s))
const first = (s: PlainSpan, key: string) => list(any(s, key))[0]

/** Of the series at each step the values that are kept, by their rank there. */
function ranked(found: PlainSeries, isKept: (rank: number) => boolean, sign: 1 | -1): PlainSeries {
  const names = Object.keys(found).toSorted()
  const kept: PlainSeries = {}
  for (const name of names) {
    const values = found[name]!.map((value, step) => {
      const others = names.filter((other) => {
        const than = found[other]![step]!
        return (than - value) * sign > 0 || (than === value && other < name)
      })
      return isKept(others.length) ? value : Number.NaN
    })
    if (values.some((value) => !Number.isNaN(value))) kept[name] = values
  }
  return kept
}

function only(found: PlainSeries, isKept: (value: number) => boolean): PlainSeries {
  const kept = Object.entries(found).map(([name, values]) => [
    name,
    values.map((value) => (isKept(value) ? value : Number.NaN)),
  ])
  return Object.fromEntries(
    kept.filter(([, values]) => (values as number[]).some((value) => !Number.isNaN(value))),
  ) as PlainSeries
}

const merged = (...all: PlainSeries[]): PlainSeries => Object.assign({}, ...all) as PlainSeries

const counting: MetricsCase[] = [
  ['{ } | rate()', () => series(everything, 'rate', none, rate)],
  ['{ } | count_over_time()', () => series(everything, 'count_over_time', none, count)],
  [
    '{ status = error } | rate() by (name)',
    () =>
      series(
        where((s) => s.status === 'ERROR'),
        'rate',
        byName,
        rate,
      ),
  ],
  ['{ } | count_over_time() by (resource.service.name)', () => series(everything, '', byService, count)],
  ['{ } | count_over_time() by (status)', () => series(everything, '', (s) => [['status', s.status]], count)],
  ['{ } | count_over_time() by (span:kind)', () => series(everything, '', (s) => [['kind', s.kind]], count)],
  [
    '{ } | count_over_time() by (span:kind, name)',
    () =>
      series(
        everything,
        '',
        (s) => [
          ['kind', s.kind],
          ['name', s.name],
        ],
        count,
      ),
  ],
  [
    '{ } | count_over_time() by (span.http.method)',
    () => series(everything, '', (s) => [['span.http.method', first(s, 'http.method')]], count),
  ],
  [
    '{ } | count_over_time() by (.region)',
    () => series(everything, '', (s) => [['.region', first(s, 'region')]], count),
  ],
  [
    '{ } | count_over_time() by (.attempt, .cached)',
    () =>
      series(
        everything,
        '',
        (s) => [
          ['.attempt', first(s, 'attempt')],
          ['.cached', first(s, 'cached')],
        ],
        count,
      ),
  ],
  [
    '{ } | count_over_time() by (span."user id")',
    () => series(everything, '', (s) => [['span."user id"', first(s, 'user id')]], count),
  ],
  [
    '{ } | count_over_time() by (event:name)',
    () => series(everything, '', (s) => [['event:name', s.events[0]?.name]], count),
  ],
  [
    '{ } | count_over_time() by (rootServiceName)',
    () => series(everything, '', (s) => [['rootServiceName', rootService(s)]], count),
  ],
  ['{ name = "none" } | rate()', () => ({})],
  ['{ } | { kind = server } | count_over_time()', () => series(servers, 'count_over_time', none, count)],
  [
    '{ kind = server } >> { name = "SELECT" } | count_over_time()',
    () =>
      series(
        related(
          servers,
          descendant,
          where((s) => s.name === 'SELECT'),
        ),
        'count_over_time',
        none,
        count,
      ),
  ],
  [
    '{ } | count() > 10 | count_over_time()',
    () =>
      series(
        having(everything, (spans) => spans.length > 10),
        'count_over_time',
        none,
        count,
      ),
  ],
  ['{ } | by(name) | count_over_time()', () => series(everything, 'count_over_time', none, count)],
  [
    '{ nestedSetParent < 0 } | rate() by (rootName)',
    () =>
      series(
        where((s) => s.parentId === ''),
        '',
        (s) => [['rootName', rootName(s)]],
        rate,
      ),
  ],
]

const folding: MetricsCase[] = [
  ['{ } | min_over_time(duration)', () => series(everything, 'min_over_time', none, least(seconds))],
  ['{ } | max_over_time(duration) by (name)', () => series(everything, '', byName, most(seconds))],
  [
    '{ } | sum_over_time(duration) by (resource.service.name)',
    () => series(everything, '', byService, total(seconds)),
  ],
  ['{ } | avg_over_time(duration)', () => series(everything, 'avg_over_time', none, mean(seconds))],
  [
    '{ } | avg_over_time(span:duration) by (kind)',
    () => series(everything, '', (s) => [['kind', s.kind]], mean(seconds)),
  ],
  [
    '{ } | min_over_time(span.db.rows) by (name)',
    () => series(everything, '', byName, least(of('db.rows')), has('db.rows')),
  ],
  [
    '{ } | max_over_time(.amount)',
    () => series(everything, 'max_over_time', none, most(of('amount')), has('amount')),
  ],
  [
    '{ } | sum_over_time(.amount) by (span.currency)',
    () =>
      series(
        everything,
        '',
        (s) => [['span.currency', first(s, 'currency')]],
        total(of('amount')),
        has('amount'),
      ),
  ],
  [
    '{ } | avg_over_time(.fib.value)',
    () => series(everything, 'avg_over_time', none, mean(of('fib.value')), has('fib.value')),
  ],
  [
    '{ } | sum_over_time(.weight)',
    () => series(everything, 'sum_over_time', none, total(of('weight')), has('weight')),
  ],
  ['{ } | sum_over_time(.text)', () => ({})],
]

const histograms: MetricsCase[] = [
  [
    '{ } | histogram_over_time(duration)',
    () => series(everything, '', (s) => [['__bucket', bucket(nano(s)) / 1e9]], count),
  ],
  [
    '{ kind = server } | histogram_over_time(duration) by (name)',
    () =>
      series(
        servers,
        '',
        (s) => [
          ['name', s.name],
          ['__bucket', bucket(nano(s)) / 1e9],
        ],
        count,
      ),
  ],
  [
    '{ } | histogram_over_time(span.db.rows)',
    () => series(everything, '', (s) => [['__bucket', bucket(of('db.rows')(s))]], count, has('db.rows')),
  ],
  [
    '{ } | quantile_over_time(duration, .5)',
    () => series(everything, '', () => [['p', 0.5]], quantile(0.5, nano, 1e9)),
  ],
  [
    '{ } | quantile_over_time(duration, 0, 1)',
    () =>
      merged(
        series(everything, '', () => [['p', 0]], quantile(0, nano, 1e9)),
        series(everything, '', () => [['p', 1]], quantile(1, nano, 1e9)),
      ),
  ],
  [
    '{ } | quantile_over_time(duration, .5, .9, .99) by (resource.service.name)',
    () =>
      merged(
        ...[0.5, 0.9, 0.99].map((p) =>
          series(everything, '', (s) => [...byService(s), ['p', p]], quantile(p, nano, 1e9)),
        ),
      ),
  ],
  [
    '{ } | quantile_over_time(span.db.rows, .75)',
    () => series(everything, '', () => [['p', 0.75]], quantile(0.75, of('db.rows'), 1), has('db.rows')),
  ],
]

const choosing: MetricsCase[] = [
  [
    '{ } | count_over_time() by (name) | topk(3)',
    () => ranked(series(everything, '', byName, count), (rank) => rank < 3, 1),
  ],
  [
    '{ } | count_over_time() by (name) | bottomk(2)',
    () => ranked(series(everything, '', byName, count), (rank) => rank < 2, -1),
  ],
  ['{ } | count_over_time() by (name) | topk(100)', () => series(everything, '', byName, count)],
  [
    '{ } | max_over_time(duration) by (name) | topk(1)',
    () => ranked(series(everything, '', byName, most(seconds)), (rank) => rank < 1, 1),
  ],
  [
    '{ } | count_over_time() by (name) > 5',
    () => only(series(everything, '', byName, count), (value) => value > 5),
  ],
  [
    '{ } | count_over_time() by (name) != 0',
    () => only(series(everything, '', byName, count), (value) => value !== 0),
  ],
  [
    '{ } | max_over_time(duration) by (name) >= 100ms',
    () => only(series(everything, '', byName, most(seconds)), (value) => value >= 0.1),
  ],
  [
    '{ } | count_over_time() by (name) >= 2 <= 6',
    () => only(series(everything, '', byName, count), (value) => value >= 2 && value <= 6),
  ],
  [
    '{ } | count_over_time() by (name) > 1 | topk(2)',
    () =>
      ranked(
        only(series(everything, '', byName, count), (value) => value > 1),
        (rank) => rank < 2,
        1,
      ),
  ],
  [
    '{ } | count_over_time() by (name) | topk(4) | bottomk(2)',
    () =>
      ranked(
        ranked(series(everything, '', byName, count), (rank) => rank < 4, 1),
        (rank) => rank < 2,
        -1,
      ),
  ],
]

function rootOfSpan(span: PlainSpan): PlainSpan {
  return rootOf(traces.find((trace) => trace.includes(span)) ?? [span])
}
const rootName = (span: PlainSpan) => rootOfSpan(span).name
function rootService(span: PlainSpan) {
  return list(service(rootOfSpan(span)))[0]
}

export const metricsCases: MetricsCase[] = [...counting, ...folding, ...histograms, ...choosing]
