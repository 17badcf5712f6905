// Series to text: one row each, with its smallest, largest and last value and its course as a line of bars.
import type { SeriesAnswer } from '@probespan/ingest/wire'
import { formatDuration } from '../show/duration.ts'
import { formatNumber, formatRate, spark } from '../show/figure.ts'
import { formatInstant } from '../show/instant.ts'
import { columnTable, type Column } from '../show/text-table.ts'
import { valueText } from '../show/value.ts'

type Series = SeriesAnswer['series'][number]

const columns: Column<Series>[] = [
  { title: 'Series', cell: nameOf },
  { title: 'Least', cell: (series) => shown(series, Math.min(...valuesOf(series))), right: true },
  { title: 'Most', cell: (series) => shown(series, Math.max(...valuesOf(series))), right: true },
  { title: 'Last', cell: (series) => shown(series, valuesOf(series).at(-1)), right: true },
  { title: 'Over Time', cell: ({ samples }) => spark(samples.map(({ value }) => value)) },
]

export function seriesText({ start, end, stepNano, series }: SeriesAnswer): string {
  const from = `${formatInstant(BigInt(start))} to ${formatInstant(BigInt(end))} UTC`
  return `${from}, a sample every ${formatDuration(BigInt(stepNano))}\n\n${columnTable(columns, series)}`
}

function nameOf({ labels }: Series): string {
  return labels.map(({ name, value }) => `${name}=${valueText(value)}`).join(' ')
}

const valuesOf = ({ samples }: Series): number[] =>
  samples.flatMap(({ value }) => (value === null ? [] : [value]))

function shown({ labels }: Series, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return ''
  const measure = labels.find(({ name }) => name === 'measure')?.value.stringValue
  if (measure === undefined) return formatNumber(value)
  const perSecond = measure === 'rate' || measure === 'errors'
  return perSecond ? formatRate(value) : formatDuration(BigInt(Math.round(value)))
}
