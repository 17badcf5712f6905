// A trace source in; its coloured badge out.
import type { TraceSource } from '@probespan/ingest/wire'
import { sourceLabels } from '../list/search.ts'
import styles from './SourceBadge.module.css'

export function SourceBadge({ source }: { source: TraceSource }) {
  return (
    <span
      className={styles.badge}
      style={{ color: `var(--source-${source})`, background: `var(--source-${source}-bg)` }}
      title={`Source: ${sourceLabels[source]}`}
    >
      {source}
    </span>
  )
}
