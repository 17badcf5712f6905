// A span of a live tail as a line for people: when it started, how long it took, who sent it, what it is, and its trace.
import type { TailSpan } from '@probespan/ingest/wire'
import { formatDuration } from '../show/duration.ts'
import { formatInstant } from '../show/instant.ts'
import { printable } from '../show/text-table.ts'
import { valueText } from '../show/value.ts'

const durationWidth = 10

export function tailLine(span: TailSpan): string {
  const { startUnixNano, durationNano, service, name, kind, status, source, traceId, fields } = span
  const shown = fields
    // They stand in the line anyway.
    .filter(({ key }) => !inLine.has(key))
    .map(({ key, value }) => `${key}=${valueText(value)}`)
  const parts = [
    formatInstant(BigInt(startUnixNano)),
    formatDuration(BigInt(durationNano)).padStart(durationWidth),
    traceId,
    source,
    service,
    `${kind} ${name}`,
    ...(status.code === 'ERROR' ? ['ERROR'] : []),
    ...shown,
  ]
  return printable(parts.join('  '))
}

const inLine = new Set(['name', 'status', 'kind', 'duration', 'resource.service.name'])
