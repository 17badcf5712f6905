// Figures over time by TraceQL: rates, counts, quantiles and the like of the spans that a pipeline finds. In: a query with
// metrics; out: series. A span that was sent twice counts twice, but where the pipeline looks at whole traces.
import { createMeasurement } from '../../../traceql/measure/measurement.ts'
import { compileEvaluation } from '../../../traceql/pipeline.ts'
import { wholeTraceNeeded } from '../../../traceql/query-fields.ts'
import { readerOf } from '../../../traceql/trace-reader.ts'
import type { Measurement } from '../../../traceql/trace-view.ts'
import type { Expression, Metrics, Pipeline } from '../../../traceql/ast.ts'
import type { MetricsQuestion, SeriesFound } from '../../questions.ts'
import { StoreFault } from '../../store.ts'
import { traceIdAt } from '../block-reader.ts'
import { traceSpansMax } from '../read-trace.ts'
import type { BlockDirectory, BlockRow } from '../block-directory.ts'
import { eachFieldValue } from './every-field.ts'
import { candidates, createFinder, fittingSpans, mayHoldSpans } from './candidates.ts'
import type { Finder } from './candidates.ts'
import { chooseLeaf } from './leaf-choice.ts'
import type { ChosenLeaf } from './leaf-choice.ts'
import type { QuestionParts } from './question-parts.ts'
import { addRollup, exampleRows, isOfRollups } from './rollup-measure.ts'
import { eachRollup } from './rollups.ts'
import { otherSpansWithin, timeText } from './search.ts'
import { withSourceAsField } from './source-condition.ts'
import { hexOf } from './span-values.ts'
import { Spending } from './spending.ts'
import { spansOf, viewOf } from './trace-spans.ts'

export function createMeasure(parts: QuestionParts): (question: MetricsQuestion) => SeriesFound {
  return (question) => {
    const { query, start, end, stepNano, seriesMax, exemplarsMax } = question
    if (query.metrics === undefined) {
      throw new StoreFault('question_unfit', 'a query for figures needs metrics, as in "{ } | rate()".')
    }
    const measurement = createMeasurement(query.metrics, { start, end, stepNano, seriesMax, exemplarsMax })
    const measuring: Measuring = {
      parts,
      directory: parts.directory(),
      spending: new Spending(question.budget, parts.directory().all().length),
      measurement,
      range: measurement.range,
      question,
    }
    const pipeline = withSourceAsField(query.pipeline)
    const beyond = wholeTraceNeeded({ ...query, pipeline })
      ? measureTraces(measuring, pipeline)
      : measureSpans(measuring, pipeline, query.metrics)
    const { series, dropped } = measurement.series()
    const { spending } = measuring
    if (dropped > 0) spending.leaveOut(`there are more than ${seriesMax} series`)
    return { series, inspected: spending.inspected, cutShort: spending.cutShort(beyond) }
  }
}

type Measuring = {
  parts: QuestionParts
  directory: BlockDirectory
  spending: Spending
  measurement: Measurement
  range: { start: bigint; end: bigint }
  question: MetricsQuestion
}

/** Those that may hold such spans, newest first, until the budget is spent; gives the words for what is missing. */
function eachBlock(
  { directory, spending }: Measuring,
  finder: Finder,
  visit: (row: BlockRow) => void,
): string {
  for (const row of directory.byStart()) {
    if (!mayHoldSpans(finder, row)) continue
    if (spending.isSpent()) return `spans that started before ${timeText(row.startMax)} are not counted`
    spending.block(row.spanCount, row.bytes)
    visit(row)
  }
  return ''
}

function measureSpans(measuring: Measuring, pipeline: Pipeline, metrics: Metrics): string {
  const { parts, range } = measuring
  const condition = conditionOfSpans(pipeline)
  const finder = createFinder(parts, condition, range)
  if (isOfRollups(metrics, condition)) return measureRollups(measuring, finder, condition, metrics)
  return eachBlock(measuring, finder, (row) => addSpans(measuring, finder, row))
}

function addSpans({ parts, measurement }: Measuring, finder: Finder, row: BlockRow): void {
  const block = parts.spans(row.dataId)
  const { columns } = block
  for (const span of fittingSpans(finder, row, block, row.spanCount)) {
    measurement.add({
      startUnixNano: columns.start[span] ?? 0n,
      traceId: traceIdAt(columns, columns.trace[span] ?? 0),
      spanId: hexOf(block.spanId(span)),
      read: (field) => block.values(span, field),
      everyField: (found) => eachFieldValue(block, span, found),
    })
  }
}

function measureRollups(
  measuring: Measuring,
  finder: Finder,
  condition: Expression | undefined,
  metrics: Metrics,
): string {
  const { parts, directory, spending, measurement, range, question } = measuring
  const { start, end } = range
  // A range of one step has both its ends.
  const stepNano = question.end - question.start === question.stepNano ? end - start : question.stepNano
  const rows = directory.byStart().filter((row) => mayHoldSpans(finder, row))
  const bySpan = exampleRows(rows, question.exemplarsMax)
  const counted = new Set(rows)
  const add = addRollup(measurement, metrics, condition)
  const startOfStep = (step: number): bigint => start + BigInt(step) * stepNano
  return eachRollup(
    parts,
    { start, end, stepNano },
    (row) => counted.has(row),
    spending,
    (read, step, row) => {
      const isAdded = !bySpan.has(row) && add(read(), startOfStep, step)
      if (!isAdded) addSpans(measuring, finder, row)
    },
  )
}

/** Of a pipeline that needs no whole traces: what each span must fit. */
function conditionOfSpans({ first, stages }: Pipeline): Expression | undefined {
  const conditions = [first, ...stages.flatMap((stage) => (stage.type === 'spanset' ? stage.spanset : []))]
  return conditions
    .flatMap((spanset) => (spanset.type === 'filter' ? (spanset.condition ?? []) : []))
    .reduce<Expression | undefined>(
      (left, right) => (left === undefined ? right : { type: 'and', left, right }),
      undefined,
    )
}

function measureTraces(measuring: Measuring, pipeline: Pipeline): string {
  const { parts, directory, range } = measuring
  const leaf = chooseLeaf(parts, pipeline, directory.byStart())
  const evaluate = compileEvaluation(pipeline)
  const margin = leaf.isOfFound ? 0n : otherSpansWithin
  const finder = createFinder(parts, leaf.condition, { start: range.start - margin, end: range.end + margin })
  const seen = new Set<string>()
  return eachBlock(measuring, finder, (row) => {
    const block = parts.spans(row.dataId)
    const { found, isFound } = candidates(finder, row, block, row.spanCount)
    for (const candidate of found) {
      const traceId = traceIdAt(block.columns, candidate.trace)
      if (seen.has(traceId) || !isFound(candidate)) continue
      seen.add(traceId)
      measureTrace(measuring, traceId, leaf.mayFind, evaluate)
    }
  })
}

function measureTrace(
  { parts, spending, measurement, range }: Measuring,
  traceId: string,
  mayFind: ChosenLeaf['mayFind'],
  evaluate: ReturnType<typeof compileEvaluation>,
): void {
  const blocks = parts.blocks
    .blocksOf(traceId)
    .map(({ dataId }) => ({ block: parts.spans(dataId), visible: Number.POSITIVE_INFINITY }))
  const spans = spansOf(traceId, blocks, traceSpansMax)
  if (spans === undefined) {
    spending.leaveOut(`trace ${traceId} has more than ${traceSpansMax} spans`)
    return
  }
  spending.trace(spans.length)
  if (!mayFind(spans)) return
  const view = viewOf(spans)
  const places = new Set(evaluate(view).flatMap((set) => set.spans))
  const read = readerOf(view)
  for (const place of places) {
    const startUnixNano = view.startUnixNano(place)
    const span = spans[place]
    if (span === undefined || startUnixNano < range.start || startUnixNano >= range.end) continue
    measurement.add({
      startUnixNano,
      traceId,
      spanId: hexOf(span.block.spanId(span.at)),
      read: (field) => read(place, field),
      everyField: (found) => eachFieldValue(span.block, span.at, found),
    })
  }
}
