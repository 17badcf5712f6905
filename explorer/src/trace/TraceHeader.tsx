// What a trace is, in two lines: its root, and when, how long, how much, from where.
import { formatDuration } from '../format/duration.ts'
import { formatExact, formatLocal } from '../format/time.ts'
import { replayMark } from '../format/marks.ts'
import { CopyId } from '../shell/CopyId.tsx'
import { MarkBadge } from '../shell/MarkBadge.tsx'
import { SourceBadge } from '../shell/SourceBadge.tsx'
import type { Waterfall } from '../waterfall/layout.ts'
import styles from './TraceHeader.module.css'

type Props = { traceId: string; waterfall: Waterfall; colours: ReadonlyMap<string, string> }

export function TraceHeader({ traceId, waterfall, colours }: Props) {
  const { rows, startNs, lengthNs, errorCount, incompleteCount, replayCount, services } = waterfall
  const root = rows.find((row) => row.parentState === 'root') ?? rows[0]
  if (root === undefined) return null
  const { date, time } = formatLocal(startNs)
  const sources = [...new Set(rows.map((row) => row.span.source))].sort()
  return (
    <header className={styles.header}>
      <div className={styles.line}>
        <h1 className={styles.title}>
          <span className={styles.service}>{root.span.service}</span> {root.span.name}
        </h1>
        <span className={styles.mark}>{replayCount > 0 && <MarkBadge mark={replayMark} />}</span>
        <CopyId id={traceId} label="the trace id" />
      </div>
      <dl className={styles.facts}>
        <Fact name="Started">
          <time title={formatExact(startNs)} dateTime={formatExact(startNs)}>
            {date} {time}
          </time>
        </Fact>
        <Fact name="Duration">{formatDuration(lengthNs)}</Fact>
        <Fact name="Spans">{rows.length.toLocaleString('en')}</Fact>
        <Fact name="Errors">
          <span className={styles.errors} data-errors={errorCount > 0 || undefined}>
            {errorCount.toLocaleString('en')}
          </span>
        </Fact>
        {incompleteCount > 0 && (
          <Fact name="Incomplete">
            <span className={styles.incomplete}>{incompleteCount.toLocaleString('en')}</span>
          </Fact>
        )}
        <Fact name={services.length === 1 ? 'Service' : 'Services'}>
          <span className={styles.list}>
            {services.map((service) => (
              <span key={service} className={styles.item}>
                <span className={styles.dot} style={{ background: colours.get(service) }} />
                {service}
              </span>
            ))}
          </span>
        </Fact>
        <Fact name={sources.length === 1 ? 'Source' : 'Sources'}>
          <span className={styles.list}>
            {sources.map((source) => (
              <SourceBadge key={source} source={source} />
            ))}
          </span>
        </Fact>
      </dl>
    </header>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
