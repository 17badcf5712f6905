// How destinations are doing, as text for people. Pure: the time is an argument.
import type { ForwardAnswer, RefusedAnswer } from '@probespan/ingest/wire'
import { formatDuration } from '../show/duration.ts'
import { formatInstant } from '../show/instant.ts'
import { printable, textTable, titlesOf } from '../show/text-table.ts'

type Destination = ForwardAnswer['destinations'][number]

const titles = [
  'Destination',
  'State',
  'Behind',
  'Oldest',
  'Sent',
  'Refused',
  'Set aside',
  'Skipped',
  'Retries',
]

export function statusText(destinations: readonly Destination[], nowMs: number): string {
  if (destinations.length === 0) {
    return 'Nothing is forwarded: name destinations in the configuration file of ingest (its README says how).'
  }
  const nowNano = BigInt(nowMs) * 1_000_000n
  const rows = destinations.map(({ name, state, lag, setAside, ...counts }) => [
    name,
    state,
    String(lag.spans),
    lag.oldestUnixNano === undefined ? '' : agoOf(nowNano - BigInt(lag.oldestUnixNano)),
    String(counts.spansSent),
    String(counts.spansRefused),
    String(setAside.spans),
    String(counts.spansSkipped),
    String(counts.retries),
  ])
  const errors = destinations.flatMap(({ name, lastError }) =>
    lastError === undefined
      ? []
      : [`${name}, ${formatInstant(BigInt(lastError.atUnixNano))}: ${printable(lastError.message)}`],
  )
  return [
    textTable(titlesOf(titles, rows), rows),
    ...(errors.length === 0 ? [] : ['', 'Last errors:', ...errors]),
  ].join('\n')
}

const secondNano = 1_000_000_000n

/** To the second: what came just now is `0 s` old, also by a clock that is a little behind. */
function agoOf(nanoseconds: bigint): string {
  return nanoseconds < secondNano ? '0 s' : formatDuration((nanoseconds / secondNano) * secondNano)
}

export function refusedText(batches: RefusedAnswer['batches']): string {
  if (batches.length === 0) return 'Nothing that was refused is set aside.'
  return batches
    .map(({ id, refusedUnixNano, reason, spanCount, spansRefused, replay, spans }) => {
      const count = spansRefused === spanCount ? `${spanCount}` : `${spansRefused} of ${spanCount}`
      const head = `${id}  ${formatInstant(BigInt(refusedUnixNano))}  ${count} refused: ${printable(reason)}`
      const named = spans.map(({ traceId, spanId, name }) => `    ${traceId} ${spanId} ${printable(name)}`)
      const more = spanCount > spans.length ? [`    … ${spanCount - spans.length} more`] : []
      return [replay ? `${head} (to be sent again)` : head, ...named, ...more].join('\n')
    })
    .join('\n')
}
