// Finds traces by a TraceQL pipeline, in an order, page by page. Goes through blocks from the latest start backwards, looks
// for spans that fit a condition that every found trace has a span for, and evaluates the pipeline on those traces. In
// order of time it stops as soon as no older block can hold a trace that belongs on the page: a trace starts no later than
// any of its spans, so one found first in a block whose latest start is M starts at M or before.
import type { Field, Static } from '../../../traceql/ast.ts'
import { compileEvaluation } from '../../../traceql/pipeline.ts'
import { fieldsOf, wholeTraceNeeded } from '../../../traceql/query-fields.ts'
import { readerOf } from '../../../traceql/trace-reader.ts'
import type { EvaluatedSpanset, TraceView } from '../../../traceql/trace-view.ts'
import type { FoundSpan, FoundSpanset, FoundTrace, TracesFound, TraceSearch } from '../../questions.ts'
import { traceIdAt } from '../block-reader.ts'
import { traceSpansMax } from '../read-trace.ts'
import { spansAsOf } from '../block-directory.ts'
import type { BlockRow } from '../block-directory.ts'
import { candidates, createFinder, mayHoldSpans } from './candidates.ts'
import type { Finder } from './candidates.ts'
import { chooseLeaf } from './leaf-choice.ts'
import type { ChosenLeaf } from './leaf-choice.ts'
import { PageMemory } from './page-memory.ts'
import type { Remembered } from './page-memory.ts'
import type { QuestionParts } from './question-parts.ts'
import { isBefore, Ranking } from './ranking.ts'
import { withSourceAsField } from './source-condition.ts'
import { hexOf } from './span-values.ts'
import type { SpanValues } from './span-values.ts'
import { Spending } from './spending.ts'
import { spansOf, summaryOf, viewOf } from './trace-spans.ts'
import type { PlacedSpan } from './trace-spans.ts'

const timeMax = 2n ** 63n - 1n
/**
 * Where a condition is on other spans of the trace than those that are found, as in `{…} >> {…}`, those may lie so far
 * outside the range of time.
 */
export const otherSpansWithin = 3_600_000_000_000n

export function createTraceSearch(parts: QuestionParts): (question: TraceSearch) => TracesFound {
  const memory = new PageMemory()
  return (question) => new Search(parts, question, memory).run()
}

class Search {
  readonly #parts: QuestionParts
  readonly #question: TraceSearch
  readonly #directory
  readonly #asOf: number
  readonly #spending: Spending
  readonly #ranking: Ranking<FoundTrace>
  readonly #evaluate
  readonly #shown: Field[]
  /** That a span fits is enough, and no more is asked of the trace. */
  readonly #isToldBySpan: boolean
  readonly #memory: PageMemory
  readonly #known: Remembered
  #mayFind: ChosenLeaf['mayFind'] = () => true
  readonly #start: bigint
  readonly #end: bigint

  constructor(parts: QuestionParts, asked: TraceSearch, memory: PageMemory) {
    const question = { ...asked, pipeline: withSourceAsField(asked.pipeline) }
    this.#parts = parts
    this.#question = question
    this.#memory = memory
    this.#known = memory.take(question)
    this.#directory = parts.directory()
    this.#asOf = question.after?.asOfBlock ?? this.#directory.lastId()
    this.#spending = new Spending(question.budget, this.#directory.all().length)
    // One more tells whether there is a next page.
    this.#ranking = new Ranking(question.limit + 1)
    this.#evaluate = compileEvaluation(question.pipeline)
    this.#shown = fieldsOf({ pipeline: question.pipeline, metrics: undefined }).shown
    const asks = { pipeline: question.pipeline, metrics: undefined }
    this.#isToldBySpan =
      question.spansPerSet === 0 && !wholeTraceNeeded(asks) && question.pipeline.stages.length === 0
    this.#start = question.start ?? 0n
    this.#end = question.end ?? timeMax
  }

  run(): TracesFound {
    const leaf = chooseLeaf(this.#parts, this.#question.pipeline, this.#directory.byStart())
    this.#mayFind = leaf.mayFind
    const margin = leaf.isOfFound ? 0n : otherSpansWithin
    const range = { start: this.#start - margin, end: this.#end + margin }
    const finder = createFinder(this.#parts, leaf.condition, range)
    this.#lookAtWaiting()
    let beyond = ''
    for (const row of this.#directory.byStart()) {
      const visible = spansAsOf(row, this.#asOf)
      if (row.startMin >= range.end || row.startMax < range.start || visible === 0) continue
      if (this.#known.done.has(row.dataId)) continue
      if (this.#isSettled(row.startMax < range.end ? row.startMax : range.end - 1n)) break
      if (this.#spending.isSpent()) {
        beyond = `traces that started before ${timeText(row.startMax)} may be missing`
        break
      }
      if (!mayHoldSpans(finder, row) || this.#look(row, visible, finder)) this.#known.done.add(row.dataId)
    }
    return this.#answer(beyond)
  }

  #isSettled(latest: bigint): boolean {
    const least = this.#ranking.leastKey()
    return this.#question.order === 'newest' && least !== undefined && least > latest
  }

  /** Those of pages before that were not given yet. */
  #lookAtWaiting(): void {
    const waiting = this.#known.waiting.sort((a, b) => (isBefore(a, b) ? -1 : 1))
    this.#known.waiting = []
    for (const [at, place] of waiting.entries()) {
      if (!this.#ranking.takes(place)) {
        for (const later of waiting.slice(at)) this.#known.waiting.push(later)
        return
      }
      this.#lookAtTrace(place.traceId)
    }
  }

  /** False where it stopped before its end. */
  #look(row: BlockRow, visible: number, finder: Finder): boolean {
    const block = this.#parts.spans(row.dataId)
    this.#spending.block(row.spanCount, row.bytes)
    const { found, isFound } = candidates(finder, row, block, visible)
    for (const candidate of found) {
      // A trace starts no later than what there is of it here.
      if (this.#isSettled(candidate.earliest) || this.#spending.isSpent()) return false
      const traceId = traceIdAt(block.columns, candidate.trace)
      if (this.#known.seen.has(traceId) || !isFound(candidate)) continue
      this.#known.seen.add(traceId)
      this.#lookAtTrace(traceId)
    }
    return true
  }

  #lookAtTrace(traceId: string): void {
    const spansMax = this.#isToldBySpan ? Number.POSITIVE_INFINITY : traceSpansMax
    const spans = spansOf(traceId, this.#blocksOf(traceId), spansMax)
    if (spans === undefined) {
      this.#spending.leaveOut(`trace ${traceId} has more than ${traceSpansMax} spans and was not looked at`)
      return
    }
    const found = summaryOf(traceId, spans)
    if (found === undefined) return
    const { summary } = found
    const key = BigInt(this.#question.order === 'newest' ? summary.startUnixNano : summary.durationNano)
    const { after } = this.#question
    const place = { key, traceId }
    if (after !== undefined && !isBefore(after, place)) return
    if (!this.#ranking.takes(place)) {
      this.#known.waiting.push(place)
      return
    }
    this.#spending.trace(spans.length)
    if (!this.#isToldBySpan && !this.#mayFind(spans)) return
    const spansets = this.#isToldBySpan ? [] : this.#evaluated(spans)
    if (spansets === undefined) return
    const displaced = this.#ranking.add({ ...place, value: { ...found, spansets } })
    if (displaced !== undefined) this.#known.waiting.push({ key: displaced.key, traceId: displaced.traceId })
  }

  /** Undefined where the pipeline does not find the trace. */
  #evaluated(spans: PlacedSpan[]): FoundSpanset[] | undefined {
    const view = viewOf(spans)
    const sets = this.#evaluate(view)
    return this.#isInRange(view, sets) ? this.#spansets(sets, view, spans) : undefined
  }

  *#blocksOf(traceId: string): Generator<{ block: SpanValues; visible: number }> {
    for (const row of this.#parts.blocks.blocksOf(traceId)) {
      const visible = spansAsOf(row, this.#asOf)
      if (visible > 0) yield { block: this.#parts.spans(row.dataId), visible }
    }
  }

  #isInRange(view: TraceView, sets: readonly EvaluatedSpanset[]): boolean {
    return sets.some(({ spans }) =>
      spans.some((span) => {
        const start = view.startUnixNano(span)
        return start >= this.#start && start < this.#end
      }),
    )
  }

  #spansets(
    sets: readonly EvaluatedSpanset[],
    view: TraceView,
    spans: readonly PlacedSpan[],
  ): FoundSpanset[] {
    if (this.#question.spansPerSet === 0) return []
    const read = readerOf(view)
    return sets.map(({ spans: places, groups }) => ({
      spans: places
        .slice(0, this.#question.spansPerSet)
        .flatMap((place) => foundSpan(spans[place], this.#shown, (field) => read(place, field))),
      matched: places.length,
      groups,
    }))
  }

  #answer(beyond: string): TracesFound {
    const { limit } = this.#question
    const ranked = this.#ranking.all()
    const [last, following] = ranked.slice(limit - 1, limit + 1)
    const next = last && following && { asOfBlock: this.#asOf, key: last.key, traceId: last.traceId }
    const cutShort = this.#spending.cutShort(beyond)
    if (next !== undefined && following !== undefined && cutShort === undefined) {
      this.#known.waiting.push({ key: following.key, traceId: following.traceId })
      this.#memory.keep(this.#question, next, this.#known)
    }
    return {
      traces: ranked.slice(0, limit).map(({ value }) => value),
      next,
      inspected: this.#spending.inspected,
      cutShort,
    }
  }
}

export function foundSpan(
  span: PlacedSpan | undefined,
  shown: readonly Field[],
  read: (field: Field) => readonly Static[],
): FoundSpan[] {
  if (span === undefined) return []
  const { block, at } = span
  return [
    {
      spanId: hexOf(block.spanId(at)),
      name: block.name(at),
      startUnixNano: block.columns.start[at] ?? 0n,
      durationNano: block.columns.duration[at] ?? 0n,
      fields: shown.flatMap((field) => {
        const [value] = read(field)
        return value === undefined ? [] : { field, value }
      }),
    },
  ]
}

/** For words: to the millisecond. */
export const timeText = (unixNano: bigint): string => new Date(Number(unixNano / 1_000_000n)).toISOString()
