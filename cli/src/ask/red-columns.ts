// The columns of `probespan red`: what was told apart, then the figures, and traces behind them where asked.
import type { RedAnswer } from '@probespan/ingest/wire'
import { formatNano, formatNumber, formatRate } from '../show/figure.ts'
import type { Column } from '../show/text-table.ts'

type Group = RedAnswer['groups'][number]

const keyColumns: Readonly<Record<string, Column<Group>>> = {
  service: { title: 'Service', cell: ({ service = '' }) => service },
  operation: { title: 'Operation', cell: ({ operation = '' }) => operation },
  source: { title: 'Source', cell: ({ source = '' }) => source },
  kind: { title: 'Kind', cell: ({ kind = '' }) => kind },
}

const figureColumns: readonly Column<Group>[] = [
  { title: 'Spans', cell: ({ total }) => String(total.count), right: true },
  { title: 'Rate', cell: ({ total }) => formatRate(total.rate), right: true },
  { title: 'Errors', cell: ({ total }) => errorsText(total), right: true },
  { title: 'p50', cell: ({ total }) => formatNano(total.p50Nano), right: true },
  { title: 'p95', cell: ({ total }) => formatNano(total.p95Nano), right: true },
  { title: 'p99', cell: ({ total }) => formatNano(total.p99Nano), right: true },
]

const exampleColumns: readonly Column<Group>[] = [
  { title: 'A slow trace', cell: ({ slowTraceId = '' }) => slowTraceId },
  { title: 'A failed trace', cell: ({ failedTraceId = '' }) => failedTraceId },
]

export function redColumns(by: readonly string[], withExamples: boolean): Column<Group>[] {
  const keys = by.flatMap((key) => keyColumns[key] ?? [])
  return [...keys, ...figureColumns, ...(withExamples ? exampleColumns : [])]
}

function errorsText({ errors, count }: Group['total']): string {
  return errors === 0 ? '0' : `${errors} (${formatNumber((errors / count) * 100)} %)`
}
