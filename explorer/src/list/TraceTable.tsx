// Trace summaries in, newest first; out: one link a trace, in columns. Up to 1000 rows a page (the API's bound); the browser
// skips drawing those out of sight (content-visibility).
import type { TraceSummary } from '@probespan/ingest/wire'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { formatDuration } from '../format/duration.ts'
import { formatExact, formatLocal } from '../format/time.ts'
import { coloursOf } from '../service-colour.ts'
import { SourceBadge } from '../shell/SourceBadge.tsx'
import type { ListSearch } from './search.ts'
import styles from './TraceTable.module.css'

type Props = { traces: readonly TraceSummary[]; search: ListSearch }

export function TraceTable({ traces, search }: Props) {
  const colours = coloursOf(traces.map((trace) => trace.rootService))
  const slowestNs = traces.reduce((slowest, { durationNano }) => {
    const durationNs = BigInt(durationNano)
    return durationNs > slowest ? durationNs : slowest
  }, 1n)
  const today = formatLocal(BigInt(Date.now()) * 1_000_000n).date
  return (
    <>
      <div className={styles.head} aria-hidden="true">
        <span>Started</span>
        <span>Root span</span>
        <span>Duration</span>
        <span className={styles.number}>Spans</span>
        <span className={styles.number}>Errors</span>
        <span>Sources</span>
      </div>
      <ul className={styles.rows} aria-label="Traces">
        {traces.map((trace) => (
          <TraceRow
            key={trace.traceId}
            trace={trace}
            search={search}
            colour={colours.get(trace.rootService) ?? 'currentColor'}
            // Of the slowest shown, in thousandths: exact enough for a bar of 100 pixels.
            share={Number((BigInt(trace.durationNano) * 1_000n) / slowestNs) / 1_000}
            today={today}
          />
        ))}
      </ul>
    </>
  )
}

type RowProps = { trace: TraceSummary; search: ListSearch; colour: string; share: number; today: string }

const TraceRow = memo(function TraceRow({ trace, search, colour, share, today }: RowProps) {
  const startNs = BigInt(trace.startUnixNano)
  const { date, time } = formatLocal(startNs)
  const duration = formatDuration(BigInt(trace.durationNano))
  return (
    <li>
      <Link
        to="/traces/$traceId"
        params={{ traceId: trace.traceId }}
        state={{ list: search }}
        className={styles.row}
        aria-label={describe(trace, `${date} ${time}`, duration)}
        data-trace-id={trace.traceId}
      >
        <time className={styles.time} title={formatExact(startNs)} dateTime={formatExact(startNs)}>
          {date !== today && <span className={styles.date}>{date}</span>} {time}
        </time>
        <span className={styles.root}>
          <span className={styles.dot} style={{ background: colour }} />
          <span className={styles.service}>{trace.rootService}</span>
          <span className={styles.name} title={trace.rootName}>
            {trace.rootName}
          </span>
          {!trace.rootSeen && <span className={styles.note}>root not stored</span>}
          <Others trace={trace} />
        </span>
        <span className={styles.duration}>
          <span className={styles.number}>{duration}</span>
          <span className={styles.track}>
            <span className={styles.bar} style={{ width: `max(2px, ${share * 100}%)` }} />
          </span>
        </span>
        <span className={styles.number}>{trace.spanCount.toLocaleString('en')}</span>
        <span className={styles.number} data-errors={trace.errorCount > 0 || undefined}>
          {trace.errorCount === 0 ? '–' : trace.errorCount.toLocaleString('en')}
        </span>
        <span className={styles.sources}>
          {trace.sources.map((source) => (
            <SourceBadge key={source} source={source} />
          ))}
        </span>
      </Link>
    </li>
  )
})

/** The services beside the root's. */
function Others({ trace }: { trace: TraceSummary }) {
  const others = trace.services.filter((service) => service !== trace.rootService)
  if (others.length === 0) return null
  return (
    <span className={styles.others} title={others.join(', ')}>
      + {others.join(', ')}
    </span>
  )
}

function describe(trace: TraceSummary, started: string, duration: string): string {
  const errors = trace.errorCount === 0 ? 'no errors' : `${trace.errorCount} with errors`
  return `${trace.rootService} ${trace.rootName}, ${duration}, ${trace.spanCount} spans, ${errors}, ${trace.sources.join(' and ')}, started ${started}`
}
