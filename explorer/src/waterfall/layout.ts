// The spans of one trace in; out: the rows of its waterfall, top to bottom, each with its place on the trace's
// time axis as fractions of [0, 1]. All times are bigint nanoseconds; only the finished fractions are doubles.
import type { Span } from '@probespan/ingest/wire'
import { marksOf, type Mark } from '../format/marks.ts'
import { treeOf, type TreeNode } from './tree.ts'

export type Row = TreeNode & {
  /** Left end of the bar; for a span whose end lies before its start, that end. */
  offset: number
  /** Length of the bar; 0 for a span of no length. offset + width never exceeds 1. */
  width: number
  startNs: bigint
  /** As sent: negative where the sender's clock went backwards. */
  durationNs: bigint
  /** What is out of the ordinary with it. */
  marks: readonly Mark[]
}

export type Waterfall = {
  rows: Row[]
  /** From the earliest moment of any span … */
  startNs: bigint
  /** … to the latest. 0 where all spans are one moment, or there is none. */
  lengthNs: bigint
  /** Spans whose status is an error. */
  errorCount: number
  /** Spans without an end of their own. */
  incompleteCount: number
  /** Spans that were played from a recording. */
  replayCount: number
  /** By name. */
  services: string[]
}

export function layoutOf(spans: readonly Span[]): Waterfall {
  const { startNs, lengthNs } = extentOf(spans)
  const rows = treeOf(spans).map((node): Row => {
    const spanStartNs = BigInt(node.span.startUnixNano)
    const durationNs = BigInt(node.span.durationNano)
    const leftNs = durationNs < 0n ? spanStartNs + durationNs : spanStartNs
    const offset = fractionOf(leftNs - startNs, lengthNs)
    const width = Math.min(fractionOf(durationNs < 0n ? -durationNs : durationNs, lengthNs), 1 - offset)
    return { ...node, startNs: spanStartNs, durationNs, offset, width, marks: marksOf(node.span) }
  })
  const services = [...new Set(spans.map((span) => span.service))].sort()
  const errorCount = spans.filter((span) => span.status.code === 'ERROR').length
  const marked = (name: Mark['name']): number =>
    rows.filter(({ marks }) => marks.some((mark) => mark.name === name)).length
  const [incompleteCount, replayCount] = [marked('incomplete'), marked('replay')]
  return { rows, startNs, lengthNs, errorCount, incompleteCount, replayCount, services }
}

/** The rows that are seen when those of `collapsed` (keys) hide everything below them. */
export function visibleRows(rows: readonly Row[], collapsed: ReadonlySet<string>): Row[] {
  const visible: Row[] = []
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]
    if (row === undefined) break
    visible.push(row)
    if (collapsed.has(row.key)) index += row.descendantCount
  }
  return visible
}

/** The key of the visible row that stands for this one: itself, or the outermost collapsed span that it is below. */
export function foldedInto(rows: readonly Row[], collapsed: ReadonlySet<string>, key: string): string {
  const parentOf = new Map(rows.map((row) => [row.key, row.parentKey]))
  let visibleKey = key
  for (let above = parentOf.get(key); above !== undefined; above = parentOf.get(above)) {
    if (collapsed.has(above)) visibleKey = above
  }
  return visibleKey
}

function extentOf(spans: readonly Span[]): { startNs: bigint; lengthNs: bigint } {
  let startNs: bigint | undefined
  let endNs: bigint | undefined
  for (const span of spans) {
    const oneNs = BigInt(span.startUnixNano)
    const otherNs = oneNs + BigInt(span.durationNano)
    const [leftNs, rightNs] = oneNs < otherNs ? [oneNs, otherNs] : [otherNs, oneNs]
    if (startNs === undefined || leftNs < startNs) startNs = leftNs
    if (endNs === undefined || rightNs > endNs) endNs = rightNs
  }
  return { startNs: startNs ?? 0n, lengthNs: (endNs ?? 0n) - (startNs ?? 0n) }
}

// A billionth of the axis: far below a pixel, and it makes the division exact before it becomes a double.
const axisParts = 1_000_000_000n

function fractionOf(partNs: bigint, wholeNs: bigint): number {
  return wholeNs === 0n ? 0 : Number((partNs * axisParts) / wholeNs) / Number(axisParts)
}
