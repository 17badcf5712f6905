// The traces of a block that have a span which fits a condition, latest first by their earliest span in the block. The body
// is read trace by trace, so that who stops early has read little of it. In: a planned condition, the block, a range of
// time; out: traces by ordinal.
import type { Expression } from '../../../traceql/ast.ts'
import { compileCondition } from '../../../traceql/condition.ts'
import type { Fits } from '../../../traceql/trace-view.ts'
import { framesTold } from '../attribute-filter.ts'
import type { BodyFrames } from '../block-reader.ts'
import { columnTest, no, yes } from './column-test.ts'
import type { BlockRow } from '../block-directory.ts'
import { mayHold, planCondition } from './planned-condition.ts'
import type { Planned } from './planned-condition.ts'
import type { QuestionParts } from './question-parts.ts'
import { conditionOf } from './source-condition.ts'
import { placesMax } from './located-body.ts'
import type { UnpackedFrame } from './located-body.ts'
import type { SpanValues } from './span-values.ts'

export type Finder = {
  parts: QuestionParts
  plan: Planned
  fits: Fits
  range: { start: bigint; end: bigint }
  /** What a body must have somewhere; undefined: nothing is known. */
  text: Buffer | undefined
}

export function createFinder(
  parts: QuestionParts,
  condition: Expression | undefined,
  range: { start: bigint; end: bigint },
): Finder {
  const plan = planCondition(condition, parts.serviceIdOf)
  const fits = compileCondition(condition && conditionOf(condition))
  return { parts, plan, fits, range, text: textOf(plan) }
}

/** False only where no span of the block fits. */
export function mayHoldSpans({ parts, plan, range }: Finder, row: BlockRow): boolean {
  if (row.startMin >= range.end || row.startMax < range.start) return false
  const ask = parts.filterOf(row.dataId)
  if (!mayHold(plan, row, ask)) return false
  // Columns cannot tell of an attribute alone: of what the filter lets through for nothing they need not be unpacked.
  if (plan.type !== 'leaf' || plan.isKnown || plan.text === undefined || plan.hashes === undefined)
    return true
  return someFrameHas(parts.blocks.frames(row.dataId), ask(plan.hashes), plan.text)
}

/** `may`: bit n of the n-th frame, see attribute-filter.ts. */
function someFrameHas({ firstSpans, frame }: BodyFrames, may: number, text: Buffer): boolean {
  return firstSpans.some(
    (_, at) => ((may >> (at & (framesTold - 1))) & 1) === 1 && frame(at).placesOf(text).length > 0,
  )
}

/** Bytes that stand in every body with a span that fits. */
function textOf(plan: Planned): Buffer | undefined {
  if (plan.type === 'leaf') return plan.text
  if (plan.type !== 'and') return undefined
  for (const part of plan.parts) {
    const text = textOf(part)
    if (text !== undefined) return text
  }
  return undefined
}

/** The first `visible` spans of a block that fit; the body tells where columns do not. */
export function* fittingSpans(
  finder: Finder,
  row: BlockRow,
  block: SpanValues,
  visible: number,
): Generator<number> {
  const test = columnTest(finder.plan, block, finder.parts.filterOf(row.dataId))
  const isInRange = rangeTest(finder, row, block)
  const hasText = textTest(finder.text, block)
  for (let span = 0; span < visible; span++) {
    const answer = test(span)
    if (answer === no || !isInRange(span)) continue
    if (answer === yes || (hasText(span) && finder.fits((field) => block.values(span, field)))) yield span
  }
}

function rangeTest({ range }: Finder, row: BlockRow, { columns }: SpanValues): (span: number) => boolean {
  if (row.startMin >= range.start && row.startMax < range.end) return () => true
  return (span) => {
    const start = columns.start[span] ?? 0n
    return start >= range.start && start < range.end
  }
}

/** Which spans have these bytes in themselves or their resource: tells of most spans without looking at their attributes. */
function textTest(text: Buffer | undefined, block: SpanValues): (span: number) => boolean {
  if (text === undefined || text.length === 0) return () => true
  // Candidates come by time, not frame by frame.
  const spansOf = new Map<number, ReadonlySet<number> | undefined>()
  return (span) => {
    const { frame, first } = block.frameOf(span)
    if (!spansOf.has(first)) spansOf.set(first, spansWith(text, frame))
    return spansOf.get(first)?.has(span - first) ?? true
  }
}

/** By their place in the frame; undefined where they are not few. */
function spansWith(text: Buffer, frame: UnpackedFrame): ReadonlySet<number> | undefined {
  const places = frame.placesOf(text)
  if (places.length === 0) return new Set()
  const { spans, owner, owners } = frame.located()
  const isElsewhere = owners.some(({ resource }) => resource.reader.bytes !== frame.bytes)
  if (places.length >= placesMax || isElsewhere) return undefined
  const found = new Set<number>()
  for (const place of places) {
    const span = spanAt(spans, place)
    if (span >= 0) found.add(span)
    else {
      const of = owners.map(({ resource: { start, end } }) => place >= start && place < end)
      for (let at = 0; at < owner.length; at++) if (of[owner[at] ?? 0] === true) found.add(at)
    }
  }
  return found
}

/** The span that has this byte; -1 for none. */
function spanAt(spans: Uint32Array, place: number): number {
  let [low, high] = [0, spans.length / 2]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((spans[middle * 2] ?? 0) <= place) low = middle + 1
    else high = middle
  }
  return low > 0 && place < (spans[low * 2 - 1] ?? 0) ? low - 1 : -1
}

export type Candidate = { trace: number; earliest: bigint; spans: number[]; isSure: boolean }

/** A candidate that is not sure has spans that the body must still tell of: `isFound`. */
export function candidates(
  finder: Finder,
  row: BlockRow,
  block: SpanValues,
  visible: number,
): { found: Candidate[]; isFound: (candidate: Candidate) => boolean } {
  const test = columnTest(finder.plan, block, finder.parts.filterOf(row.dataId))
  const isInRange = rangeTest(finder, row, block)
  const hasText = textTest(finder.text, block)
  const { columns } = block
  const byTrace = new Map<number, Candidate>()
  for (const span of spansToAsk(finder, row, block, visible)) {
    const answer = test(span)
    if (answer === no || !isInRange(span)) continue
    const trace = columns.trace[span] ?? 0
    const known = byTrace.get(trace)
    if (known === undefined)
      byTrace.set(trace, { trace, earliest: 0n, spans: [span], isSure: answer === yes })
    else if (answer === yes) known.isSure = true
    else known.spans.push(span)
  }
  if (byTrace.size > 0) fillEarliest(byTrace, block, visible)
  return {
    found: [...byTrace.values()].sort((a, b) =>
      a.earliest === b.earliest ? 0 : a.earliest < b.earliest ? 1 : -1,
    ),
    isFound: ({ isSure, spans }) =>
      isSure || spans.some((span) => hasText(span) && finder.fits((field) => block.values(span, field))),
  }
}

const everySpan = Uint16Array.from({ length: 2 ** 15 }, (_, span) => span)

/**
 * Ascending, all that may fit. Of an attribute alone, whose frames are unpacked already (mayHoldSpans), those that its text
 * leads to.
 */
function spansToAsk(
  { plan, parts }: Finder,
  { dataId }: BlockRow,
  block: SpanValues,
  visible: number,
): Iterable<number> {
  if (plan.type !== 'leaf' || plan.isKnown || plan.hashes === undefined || plan.text === undefined) {
    return everySpan.subarray(0, visible)
  }
  const may = parts.filterOf(dataId)(plan.hashes)
  const firsts = block.frameStarts()
  const spans: number[] = []
  for (const [at, first] of firsts.entries()) {
    if (((may >> (at & (framesTold - 1))) & 1) === 0) continue
    const end = Math.min(visible, firsts[at + 1] ?? visible)
    const { frame } = first < end ? block.frameOf(first) : {}
    const found = frame && spansWith(plan.text, frame)
    const few = found === undefined ? undefined : [...found].sort((a, b) => a - b)
    for (const span of few ?? everySpan.subarray(0, Math.max(0, end - first))) {
      if (first + span < end) spans.push(first + span)
    }
  }
  return spans
}

/** So few traces are looked for one by one. */
const fewTraces = 16

function fillEarliest(byTrace: Map<number, Candidate>, { columns }: SpanValues, visible: number): void {
  const seen = new Set<number>()
  const add = (span: number, trace: number, known: Candidate): void => {
    const start = columns.start[span] ?? 0n
    if (!seen.has(trace) || start < known.earliest) known.earliest = start
    seen.add(trace)
  }
  if (byTrace.size <= fewTraces) {
    for (const [trace, known] of byTrace) {
      let span = columns.trace.indexOf(trace)
      for (; span >= 0 && span < visible; span = columns.trace.indexOf(trace, span + 1))
        add(span, trace, known)
    }
    return
  }
  for (let span = 0; span < visible; span++) {
    const trace = columns.trace[span] ?? 0
    const known = byTrace.get(trace)
    if (known !== undefined) add(span, trace, known)
  }
}
