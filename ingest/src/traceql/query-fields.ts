// What a query needs of spans: which fields are read, which are shown, and whether one span at a time is enough.
import type { Expression, Field, MetricsFunction, Pipeline, Query, Scalar, Spanset, Stage } from './ast.ts'
import { withoutNestedSets } from './root-span.ts'
import { needsTrace, type QueryFields } from './trace-view.ts'

type Asked = Pick<Query, 'pipeline' | 'metrics'>
type Visit = (field: Field, isSelected: boolean) => void
type Rewrite = (expression: Expression) => Expression
const asWritten: Rewrite = (expression) => expression

/** Each field once. `shown` are those that conditions, `by`, aggregates and `select` name, in the query's order. */
export function fieldsOf({ pipeline, metrics }: Asked): QueryFields {
  const read = new Map<string, Field>()
  const selected = new Map<string, Field>()
  inPipeline(pipeline, withoutNestedSets, (field, isSelected) =>
    (isSelected ? selected : read).set(fieldKey(field), field),
  )
  const shown = new Map<string, Field>()
  inPipeline(pipeline, asWritten, (field) => {
    const key = fieldKey(field)
    // What is only named to ask for root spans is not read.
    if (read.has(key) || selected.has(key)) shown.set(key, field)
  })
  if (metrics !== undefined) {
    for (const field of metrics.by) read.set(fieldKey(field), field)
    inMeasure(metrics.measure, (field) => read.set(fieldKey(field), field))
  }
  return { read: [...read.values()], shown: [...shown.values()] }
}

/** The fields that `compileCondition` of it reads, each once. */
export function fieldsOfCondition(condition: Expression | undefined): Field[] {
  const found = new Map<string, Field>()
  if (condition !== undefined)
    inExpression(withoutNestedSets(condition), (field) => found.set(fieldKey(field), field))
  return [...found.values()]
}

/** Equal for equal fields. */
export function fieldKey(field: Field): string {
  return field.type === 'intrinsic' ? field.name : `${field.scope}.${field.ofParent ? '^' : ''}${field.key}`
}

/**
 * False where whether a span is in the result can be told from that span alone: one filter, then nothing but filters and
 * `select`. The spans of a trace that fit are then its only span set.
 */
export function wholeTraceNeeded({ pipeline, metrics }: Asked): boolean {
  const { first, stages } = pipeline
  // Metrics count spans, in whichever sets they are.
  const isBySpan = (stage: Stage): boolean =>
    stage.type === 'select' ||
    (stage.type === 'spanset' && stage.spanset.type === 'filter') ||
    (metrics !== undefined && (stage.type === 'by' || stage.type === 'coalesce'))
  if (first.type !== 'filter' || !stages.every(isBySpan)) return true
  const { read, shown } = fieldsOf({ pipeline, metrics })
  return [...read, ...shown].some(needsTrace)
}

/** Whether `everyField` of measured spans is called. */
export function everyFieldNeeded(metrics: Query['metrics']): boolean {
  return metrics?.measure.fn === 'compare'
}

function inPipeline({ first, stages }: Pipeline, rewrite: Rewrite, visit: Visit): void {
  inSpanset(first, rewrite, visit)
  for (const stage of stages) inStage(stage, rewrite, visit)
}

function inSpanset(spanset: Spanset, rewrite: Rewrite, visit: Visit): void {
  switch (spanset.type) {
    case 'filter':
      if (spanset.condition !== undefined) inExpression(rewrite(spanset.condition), visit)
      return
    case 'pipeline':
      return inPipeline(spanset.pipeline, rewrite, visit)
    case 'and':
    case 'or':
    case 'structural':
      inSpanset(spanset.left, rewrite, visit)
      inSpanset(spanset.right, rewrite, visit)
  }
}

function inStage(stage: Stage, rewrite: Rewrite, visit: Visit): void {
  switch (stage.type) {
    case 'spanset':
      return inSpanset(stage.spanset, rewrite, visit)
    case 'by':
      return inExpression(rewrite(stage.by), visit)
    case 'select':
      for (const field of stage.fields) visit(field, true)
      return
    case 'scalarFilter':
      inScalar(stage.left, rewrite, visit)
      inScalar(stage.right, rewrite, visit)
      return
    case 'coalesce':
  }
}

function inScalar(scalar: Scalar, rewrite: Rewrite, visit: Visit): void {
  if (scalar.type === 'arithmetic') {
    inScalar(scalar.left, rewrite, visit)
    inScalar(scalar.right, rewrite, visit)
  } else if (scalar.type === 'aggregate' && scalar.aggregate.fn !== 'count')
    inExpression(rewrite(scalar.aggregate.of), visit)
}

function inExpression(expression: Expression, visit: Visit): void {
  switch (expression.type) {
    // What a span was stored as is not a field of it.
    case 'source':
    case 'static':
      return
    case 'field':
      return visit(expression.field, false)
    case 'writtenAs':
      for (const scope of ['span', 'resource'] as const)
        visit({ type: 'attribute', scope, key: expression.key, ofParent: false }, false)
      return
    case 'not':
    case 'negative':
      return inExpression(expression.of, visit)
    case 'compare':
    case 'arithmetic':
    case 'and':
    case 'or':
      inExpression(expression.left, visit)
      inExpression(expression.right, visit)
  }
}

function inMeasure(measure: MetricsFunction, visit: Visit): void {
  if (measure.fn === 'compare') inSpanset(measure.selection, withoutNestedSets, visit)
  else if ('of' in measure) visit(measure.of, false)
}
