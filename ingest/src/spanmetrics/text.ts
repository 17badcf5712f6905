// Metric families as text for a scraper: Prometheus's format, or OpenMetrics with a trace beside a bucket where one is
// known. In: families; out: lines, without OpenMetrics' last one (`# EOF`), since other metrics stand in the same answer.
import type { Family, HistogramValue, Labels, Point } from './families.ts'
import type { Exemplar } from './histogram.ts'

export type Format = 'prometheus' | 'openmetrics'

/** Tempo's name for it, which Grafana is usually told to look for. */
const exemplarLabel = 'traceID'

export function textOf(families: readonly Family[], format: Format): string {
  return families.map((family) => familyText(family, format)).join('')
}

function familyText(family: Family, format: Format): string {
  const { name, help, type } = family
  const total = type === 'counter' ? `${name}_total` : name
  // In OpenMetrics a counter is called without what its samples end in.
  const called = format === 'openmetrics' ? name : total
  const head = `# HELP ${called} ${help}\n# TYPE ${called} ${type}\n`
  if (type === 'histogram')
    return head + family.points.map((point) => histogramText(name, point, format)).join('')
  return head + family.points.map((point) => `${total}${braced(point.labels)} ${point.value}\n`).join('')
}

function histogramText(name: string, { labels, value }: Point<HistogramValue>, format: Format): string {
  const { bounds, counts, sum, exemplars } = value
  const own = inner(labels)
  const before = own === '' ? '' : `${own},`
  let count = 0
  let text = ''
  for (const [bucket, inBucket] of counts.entries()) {
    count += inBucket
    const bound = bounds[bucket] ?? '+Inf'
    const exemplar = format === 'openmetrics' ? exemplarText(exemplars[bucket]) : ''
    text += `${name}_bucket{${before}le="${bound}"} ${count}${exemplar}\n`
  }
  return `${text}${name}_sum{${own}} ${sum}\n${name}_count{${own}} ${count}\n`
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return ''
  const { traceId, seconds, unixMs } = exemplar
  return ` # {${exemplarLabel}="${traceId}"} ${seconds} ${unixMs / 1_000}`
}

const braced = (labels: Labels): string => (labels.length === 0 ? '' : `{${inner(labels)}}`)

const inner = (labels: Labels): string =>
  labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')

function escaped(value: string): string {
  if (!/[\\"\n]/.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
