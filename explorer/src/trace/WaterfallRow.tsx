// One span of the waterfall: its place in the tree and name, its duration, its bar on the trace's time axis.
import { memo, type MouseEvent } from 'react'
import { formatDuration } from '../format/duration.ts'
import { MarkBadge } from '../shell/MarkBadge.tsx'
import { SourceBadge } from '../shell/SourceBadge.tsx'
import type { Row } from '../waterfall/layout.ts'
import styles from './WaterfallRow.module.css'

const indentPx = 14
/** Deeper levels stand below one another: a name needs its space more than the tree its shape. */
const indentLevelsMax = 12

type Props = {
  row: Row
  topPx: number
  colour: string
  /** Where not every span of the trace is one of a recording. */
  showReplay: boolean
  showSource: boolean
  collapsed: boolean
  selected: boolean
  select: (key: string) => void
  toggle: (key: string) => void
}

export const WaterfallRow = memo(function WaterfallRow(props: Props) {
  const { row, topPx, colour, selected, collapsed } = props
  const marks = props.showReplay ? row.marks : row.marks.filter(({ name }) => name !== 'replay')
  const failed = row.span.status.code === 'ERROR'
  const fold = (event: MouseEvent) => {
    event.stopPropagation()
    props.toggle(row.key)
  }
  return (
    <div
      role="treeitem"
      id={`span-${row.key}`}
      aria-level={row.depth + 1}
      aria-selected={selected}
      aria-expanded={row.childCount === 0 ? undefined : !collapsed}
      data-span-id={row.span.spanId}
      data-error={failed || undefined}
      data-incomplete={marks.some(({ name }) => name === 'incomplete') || undefined}
      className={styles.row}
      style={{ transform: `translateY(${topPx}px)` }}
      onClick={() => props.select(row.key)}
    >
      <div className={styles.name} style={{ paddingLeft: Math.min(row.depth, indentLevelsMax) * indentPx }}>
        {row.childCount === 0 ? (
          <span className={styles.leaf} />
        ) : (
          <span
            className={styles.fold}
            data-fold
            data-collapsed={collapsed || undefined}
            onClick={fold}
            aria-hidden="true"
          >
            <svg viewBox="0 0 10 10" width="10" height="10">
              <path d="M2 3.5 5 6.5 8 3.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
            </svg>
          </span>
        )}
        <span className={styles.stripe} style={{ background: colour }} />
        {failed && (
          <span
            className={styles.error}
            role="img"
            aria-label="Error"
            title={row.span.status.message ?? 'Error'}
          >
            !
          </span>
        )}
        <span className={styles.text} title={`${row.span.service}: ${row.span.name}`}>
          {row.span.name}
        </span>
        {collapsed && <span className={styles.note}>{row.descendantCount} below</span>}
        <ParentNote row={row} />
        {marks.map((mark) => (
          <MarkBadge key={mark.name} mark={mark} />
        ))}
        <span className={styles.service}>{row.span.service}</span>
        {props.showSource && <SourceBadge source={row.span.source} />}
      </div>
      <div className={styles.duration}>{formatDuration(row.durationNs)}</div>
      <div className={styles.axis}>
        <Bar row={row} colour={colour} />
      </div>
    </div>
  )
})

function Bar({ row, colour }: Pick<Props, 'row' | 'colour'>) {
  // At least 2 pixels wide, also at the right end of the axis.
  const left = `min(${row.offset * 100}%, 100% - 2px)`
  const width = `max(2px, ${row.width * 100}%)`
  return <span className={styles.bar} data-bar style={{ left, width, background: colour }} />
}

function ParentNote({ row }: { row: Row }) {
  switch (row.parentState) {
    case 'not-stored':
      return (
        <span className={styles.note} title={`Its parent ${row.span.parentSpanId ?? ''} is not in the store`}>
          parent not stored
        </span>
      )
    case 'loop':
      return (
        <span className={styles.note} title="Its parents lead back to itself">
          parents in a loop
        </span>
      )
    case 'root':
    case 'stored':
    default:
      return null
  }
}
