// A span's events, with their offset from its start, and its links to other traces.
import type { Span } from '@probespan/ingest/wire'
import { Link } from '@tanstack/react-router'
import { formatDuration } from '../format/duration.ts'
import { formatExact } from '../format/time.ts'
import { AttributeRows } from './AttributeTable.tsx'
import styles from './SpanDetails.module.css'

export function SpanEvents({ events, spanStartNs }: { events: Span['events']; spanStartNs: bigint }) {
  if (events.length === 0) return null
  return (
    <section>
      <h3 className={styles.section}>
        Events <span className={styles.count}>{events.length}</span>
      </h3>
      {events.map((event, index) => {
        const atNs = BigInt(event.timeUnixNano)
        const offsetNs = atNs - spanStartNs
        return (
          <div key={index} className={styles.extra} data-event={event.name}>
            <div className={styles.extraHead}>
              <strong>{event.name}</strong>
              <span className={styles.dim} title={formatExact(atNs)}>
                {offsetNs < 0n ? '' : '+'}
                {formatDuration(offsetNs)}
              </span>
            </div>
            <AttributeRows title={`Attributes of ${event.name}`} attributes={event.attributes} />
          </div>
        )
      })}
    </section>
  )
}

export function SpanLinks({ links }: { links: Span['links'] }) {
  if (links.length === 0) return null
  return (
    <section>
      <h3 className={styles.section}>
        Links <span className={styles.count}>{links.length}</span>
      </h3>
      {links.map((link, index) => (
        <div key={index} className={styles.extra}>
          <Link
            to="/traces/$traceId"
            params={{ traceId: link.traceId }}
            search={{ span: link.spanId }}
            className={styles.link}
          >
            {link.traceId} / {link.spanId}
          </Link>
          <AttributeRows title={`Attributes of the link to ${link.traceId}`} attributes={link.attributes} />
        </div>
      ))}
    </section>
  )
}
