// A query → TraceQL text that parses to the same query, and the names that fields have in answers (Tempo's).
import type { Aggregate, Expression, Field, Hint, Intrinsic, Metrics, MetricsFunction } from './ast.ts'
import type { Pipeline, Query, Scalar, SeriesChoice, Spanset, Stage, Static } from './ast.ts'

/** Tempo's names, where they are older than the scoped ones. */
const olderNames: Partial<Readonly<Record<Intrinsic, string>>> = {
  'span:name': 'name',
  'span:status': 'status',
  'span:statusMessage': 'statusMessage',
  'span:kind': 'kind',
  'span:duration': 'duration',
  'trace:duration': 'traceDuration',
  'trace:rootName': 'rootName',
  'trace:rootService': 'rootServiceName',
}

/** As a query names the field, and as labels and attributes of answers are called: `resource.service.name`, `name`. */
export function fieldName(field: Field): string {
  if (field.type === 'intrinsic') return olderNames[field.name] ?? field.name
  const scope = (field.ofParent ? 'parent.' : '') + (field.scope === 'any' ? '' : `${field.scope}.`)
  return (scope === '' ? '.' : scope) + keyText(field)
}

/** Quoted where it has a character that ends a key, or would read as something else behind its scope. */
function keyText({ key, scope, ofParent }: Field & { type: 'attribute' }): string {
  const isMistaken = scope === 'any' && (ofParent ? /^(span|resource)\./.test(key) : /^\d/.test(key))
  if (key !== '' && !isMistaken && !/[\s{}()=~!<>&|^,"]/.test(key)) return key
  return `"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

const units = [
  ['h', 3_600_000_000_000n],
  ['m', 60_000_000_000n],
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['ns', 1n],
] as const

export function printStatic(value: Static): string {
  switch (value.type) {
    case 'string':
      return JSON.stringify(value.value)
    case 'int':
      return value.value === -(2n ** 63n) ? 'minInt' : String(value.value)
    case 'float':
      return floatText(value.value)
    case 'boolean':
      return String(value.value)
    case 'duration': {
      const [unit, nano] = units.find(([, per]) => value.nano % per === 0n) ?? ['ns', 1n]
      return `${value.nano / nano}${unit}`
    }
    case 'status':
      return value.status.toLowerCase()
    case 'kind':
      return value.kind.toLowerCase()
    case 'nil':
      return 'nil'
  }
}

function floatText(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) || !Number.isFinite(value) ? text : `${text}.0`
}

export function printExpression(expression: Expression): string {
  switch (expression.type) {
    case 'static':
      return printStatic(expression.value)
    case 'field':
      return fieldName(expression.field)
    case 'not':
      return `!${operand(expression.of)}`
    case 'negative':
      return `-${operand(expression.of)}`
    case 'compare':
    case 'arithmetic':
      return `${operand(expression.left)} ${expression.op} ${operand(expression.right)}`
    case 'and':
      return `${operand(expression.left)} && ${operand(expression.right)}`
    case 'or':
      return `${operand(expression.left)} || ${operand(expression.right)}`
    case 'source':
      return `resource.trace_source = "${expression.of}"`
    case 'writtenAs': {
      const { key, text } = expression
      const of = (scope: 'span' | 'resource'): string =>
        `${fieldName({ type: 'attribute', scope, key, ofParent: false })} = ${JSON.stringify(text)}`
      return `${of('span')} || ${of('resource')}`
    }
  }
}

function operand(expression: Expression): string {
  const text = printExpression(expression)
  const isBare = expression.type === 'field' || (expression.type === 'static' && !text.startsWith('-'))
  return isBare ? text : `(${text})`
}

const relationSigns = { child: '>', descendant: '>>', parent: '<', ancestor: '<<', sibling: '~' } as const
const modeSigns = { plain: '', not: '!', union: '&' } as const

function printSpanset(spanset: Spanset): string {
  switch (spanset.type) {
    case 'filter':
      return spanset.condition === undefined ? '{ }' : `{ ${printExpression(spanset.condition)} }`
    case 'pipeline':
      return `(${printPipeline(spanset.pipeline)})`
    case 'and':
      return `${side(spanset.left)} && ${side(spanset.right)}`
    case 'or':
      return `${side(spanset.left)} || ${side(spanset.right)}`
    case 'structural': {
      const sign = modeSigns[spanset.mode] + relationSigns[spanset.relation]
      return `${side(spanset.left)} ${sign} ${side(spanset.right)}`
    }
  }
}

function side(spanset: Spanset): string {
  const text = printSpanset(spanset)
  return spanset.type === 'filter' || spanset.type === 'pipeline' ? text : `(${text})`
}

export function printPipeline({ first, stages }: Pipeline): string {
  return [printSpanset(first), ...stages.map(printStage)].join(' | ')
}

function printStage(stage: Stage): string {
  switch (stage.type) {
    case 'spanset':
      return printSpanset(stage.spanset)
    case 'scalarFilter':
      return `${printScalar(stage.left)} ${stage.op} ${printScalar(stage.right)}`
    case 'by':
      return `by(${printExpression(stage.by)})`
    case 'coalesce':
      return 'coalesce()'
    case 'select':
      return `select(${stage.fields.map(fieldName).join(', ')})`
  }
}

function printScalar(scalar: Scalar): string {
  if (scalar.type === 'static') return printStatic(scalar.value)
  if (scalar.type === 'aggregate') return printAggregate(scalar.aggregate)
  const part = (of: Scalar): string => {
    const text = printScalar(of)
    return of.type === 'arithmetic' || text.startsWith('-') ? `(${text})` : text
  }
  return `${part(scalar.left)} ${scalar.op} ${part(scalar.right)}`
}

function printAggregate(aggregate: Aggregate): string {
  return aggregate.fn === 'count' ? 'count()' : `${aggregate.fn}(${printExpression(aggregate.of)})`
}

function printMetrics({ measure, by, choose }: Metrics): string {
  const groups = by.length === 0 ? '' : ` by (${by.map(fieldName).join(', ')})`
  return printMeasure(measure) + groups + choose.map(printChoice).join('')
}

function printMeasure(measure: MetricsFunction): string {
  switch (measure.fn) {
    case 'rate':
    case 'count_over_time':
      return `${measure.fn}()`
    case 'quantile_over_time':
      return `${measure.fn}(${[fieldName(measure.of), ...measure.quantiles.map(floatText)].join(', ')})`
    case 'compare': {
      const { selection, topValues, start, end } = measure
      const range = start === undefined || end === undefined ? '' : `, ${start}, ${end}`
      return `compare(${printSpanset(selection)}, ${topValues}${range})`
    }
    case 'min_over_time':
    case 'max_over_time':
    case 'avg_over_time':
    case 'sum_over_time':
    case 'histogram_over_time':
      return `${measure.fn}(${fieldName(measure.of)})`
  }
}

function printChoice(choice: SeriesChoice): string {
  if (choice.fn === 'where') return ` ${choice.op} ${floatText(choice.value)}`
  return ` | ${choice.fn}(${choice.limit})`
}

function printHint({ name, value }: Hint): string {
  return `${name}=${printStatic(value)}`
}

export function printQuery({ pipeline, metrics, hints }: Query): string {
  const text = [printPipeline(pipeline), ...(metrics === undefined ? [] : [printMetrics(metrics)])].join(
    ' | ',
  )
  return hints.length === 0 ? text : `${text} with (${hints.map(printHint).join(', ')})`
}
