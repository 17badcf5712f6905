// One span in full: what it was, its exact times, its attributes, events, links, resource and scope.
import { formatDuration } from '../format/duration.ts'
import { formatExact } from '../format/time.ts'
import { CopyId } from '../shell/CopyId.tsx'
import { MarkBadge } from '../shell/MarkBadge.tsx'
import { SourceBadge } from '../shell/SourceBadge.tsx'
import type { Row, Waterfall } from '../waterfall/layout.ts'
import { AttributeTable } from './AttributeTable.tsx'
import styles from './SpanDetails.module.css'
import { SpanEvents, SpanLinks } from './SpanExtras.tsx'

type Props = { row: Row; waterfall: Waterfall; select: (key: string) => void }

export function SpanDetails({ row, waterfall, select }: Props) {
  const { span } = row
  return (
    <aside className={styles.details} aria-label="Span details" key={row.key}>
      <h2 className={styles.title}>{span.name}</h2>
      <div className={styles.tags}>
        <SourceBadge source={span.source} />
        <span className={styles.tag}>{span.kind.toLowerCase()}</span>
        <span className={styles.tag} data-status={span.status.code}>
          status {span.status.code.toLowerCase()}
        </span>
        {row.marks.map((mark) => (
          <MarkBadge key={mark.name} mark={mark} />
        ))}
      </div>
      {row.marks.map((mark) => (
        <p key={mark.name} className={styles.mark} data-mark={mark.name}>
          {mark.sentence}.
        </p>
      ))}
      {span.status.message !== undefined && span.status.message !== '' && (
        <p className={styles.message} data-status={span.status.code}>
          {span.status.message}
        </p>
      )}
      <Facts row={row} waterfall={waterfall} select={select} />
      <AttributeTable title="Attributes" attributes={span.attributes} />
      <SpanEvents events={span.events} spanStartNs={row.startNs} />
      <SpanLinks links={span.links} />
      <AttributeTable title="Resource" attributes={span.resource.attributes} />
    </aside>
  )
}

function Facts({ row, waterfall, select }: Props) {
  const { span } = row
  const scope = [span.scope.name, span.scope.version].filter((part) => part !== '').join(' ')
  return (
    <dl className={styles.facts}>
      <dt>Service</dt>
      <dd>{span.service}</dd>
      <dt>Start</dt>
      <dd>
        <code data-fact="start">{formatExact(row.startNs)}</code>
        <code className={styles.dim} data-fact="start-ns">
          {span.startUnixNano} ns
        </code>
        {row.startNs > waterfall.startNs && (
          <span className={styles.dim}>{formatDuration(row.startNs - waterfall.startNs)} into the trace</span>
        )}
      </dd>
      <dt>Duration</dt>
      <dd>
        {formatDuration(row.durationNs)}{' '}
        <code className={styles.dim} data-fact="duration-ns">
          {span.durationNano} ns
        </code>
      </dd>
      <dt>Span</dt>
      <dd>
        <CopyId id={span.spanId} label="the span id" />
      </dd>
      <dt>Parent</dt>
      <dd>
        <Parent row={row} select={select} />
      </dd>
      {span.traceState !== undefined && span.traceState !== '' && (
        <>
          <dt>Trace state</dt>
          <dd>
            <code>{span.traceState}</code>
          </dd>
        </>
      )}
      {scope !== '' && (
        <>
          <dt>Scope</dt>
          <dd>{scope}</dd>
        </>
      )}
    </dl>
  )
}

function Parent({ row, select }: Pick<Props, 'row' | 'select'>) {
  const { parentKey } = row
  const parentSpanId = row.span.parentSpanId
  if (parentSpanId === undefined) return <span className={styles.dim}>none: the root</span>
  if (parentKey === undefined) {
    return (
      <>
        <code>{parentSpanId}</code>{' '}
        <span className={styles.dim}>{row.parentState === 'loop' ? 'in a loop' : 'not stored'}</span>
      </>
    )
  }
  return (
    <button type="button" className={styles.link} onClick={() => select(parentKey)}>
      {parentSpanId}
    </button>
  )
}
