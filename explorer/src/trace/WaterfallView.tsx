// A laid-out waterfall in; out: a tree whose rows are drawn only where they are seen, so that its cost does not grow
// with the trace (tens of thousands of spans). Arrow keys move and fold as in any tree.
import { Box, Group, UnstyledButton } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { foldedInto, visibleRows, type Row, type Waterfall } from '../waterfall/layout.ts'
import { ticksOf, type Tick } from '../waterfall/ticks.ts'
import { rowAfterKey } from './tree-keys.ts'
import { WaterfallRow } from './WaterfallRow.tsx'
import styles from './WaterfallView.module.css'

const rowHeightPx = 28
const headHeightPx = 32
const ticksMax = 5
const labelledMax = 0.88

type Props = {
  waterfall: Waterfall
  colours: ReadonlyMap<string, string>
  selectedKey: string
  select: (key: string) => void
}

export function WaterfallView({ waterfall, colours, selectedKey, select }: Props) {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set())
  const rows = useMemo(() => visibleRows(waterfall.rows, collapsed), [waterfall, collapsed])
  const selectedIndex = rows.findIndex((row) => row.key === selectedKey)
  const { scrollRef, virtualizer } = useRows(rows, selectedIndex)
  const fold = (next: ReadonlySet<string>) => {
    setCollapsed(next)
    // What is selected stays in sight: where it is folded away, what it is folded into.
    const seenKey = foldedInto(waterfall.rows, next, selectedKey)
    if (seenKey !== selectedKey) select(seenKey)
  }
  const toggle = (key: string) => {
    const next = new Set(collapsed)
    if (!next.delete(key)) next.add(key)
    fold(next)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = rowAfterKey(event.key, rows, selectedIndex, collapsed)
    if (step === undefined) return
    event.preventDefault()
    if (step.toggle) toggle(step.key)
    else select(step.key)
  }
  const ticks = ticksOf(waterfall.lengthNs, ticksMax)
  const mixed = new Set(waterfall.rows.map((row) => row.span.source)).size > 1
  return (
    <Box
      className={styles.scroll}
      ref={scrollRef}
      __vars={{ '--tick-step': `${(ticks[1]?.fraction ?? 1) * 100}%` }}
    >
      <Head waterfall={waterfall} ticks={ticks} fold={fold} />
      <div
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={selectedIndex === -1 ? undefined : `span-${selectedKey}`}
        onKeyDown={onKeyDown}
        className={styles.rows}
        style={{ height: virtualizer.getTotalSize() - headHeightPx }}
      >
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index]
          return row === undefined ? null : (
            <WaterfallRow
              key={row.key}
              row={row}
              topPx={item.start - headHeightPx}
              colour={colours.get(row.span.service) ?? 'currentColor'}
              showReplay={waterfall.replayCount < waterfall.rows.length}
              showSource={mixed}
              collapsed={collapsed.has(row.key)}
              selected={row.key === selectedKey}
              select={select}
              toggle={toggle}
            />
          )
        })}
      </div>
    </Box>
  )
}

/** The rows to draw, and the scrolling that keeps the selected one in sight. */
function useRows(rows: readonly Row[], selectedIndex: number) {
  const scrollRef = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => rowHeightPx,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
    paddingStart: headHeightPx,
    scrollPaddingStart: headHeightPx,
  })
  useEffect(() => {
    if (selectedIndex !== -1) virtualizer.scrollToIndex(selectedIndex, { align: 'auto' })
  }, [selectedIndex, virtualizer])
  return { scrollRef, virtualizer }
}

type HeadProps = {
  waterfall: Waterfall
  ticks: readonly Tick[]
  fold: (keys: ReadonlySet<string>) => void
}

function Head({ waterfall, ticks, fold }: HeadProps) {
  const folding = waterfall.rows.filter((row) => row.childCount > 0)
  return (
    <div className={styles.head}>
      <div className={styles.headName}>
        Span
        {folding.length > 1 && (
          <Group gap={10} wrap="nowrap">
            <UnstyledButton className={styles.fold} onClick={() => fold(new Set())}>
              Expand all
            </UnstyledButton>
            <UnstyledButton
              className={styles.fold}
              onClick={() => fold(new Set(folding.map((row) => row.key)))}
            >
              Collapse all
            </UnstyledButton>
          </Group>
        )}
      </div>
      <div className={styles.headDuration}>Duration</div>
      <div className={styles.axis} aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick.label} className={styles.tick} style={{ left: `${tick.fraction * 100}%` }}>
            {/* At the right end there is no room for it. */}
            {tick.fraction <= labelledMax && tick.label}
          </span>
        ))}
      </div>
    </div>
  )
}
