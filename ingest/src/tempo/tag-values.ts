// Lists of a field's values as Tempo gives them. In: what the store found, or nothing for fields whose values are known
// beforehand; out: SearchTagValuesV2Response (typed) or SearchTagValuesResponse (texts). Pure.
import type { Message } from '../go-values/message.ts'
import type { FieldValuesFound } from '../store/questions.ts'
import type { Expression, Field, Intrinsic } from '../traceql/ast.ts'
import { spanKind, statusCode } from '../wire.ts'
import { listMetrics } from './tag-names.ts'
import { tagTypes, textOf } from './static-value.ts'

type TagValue = { type: string; value: string }

const keywords = (values: readonly string[]): TagValue[] =>
  values.map((value) => ({ type: 'keyword', value: value.toLowerCase() }))

/** Intrinsics whose values are looked up: of others a list would be as long as the store. */
const lookedUp = new Set<Intrinsic>([
  'span:name',
  'span:statusMessage',
  'trace:rootName',
  'trace:rootService',
  'event:name',
  'instrumentation:name',
  'instrumentation:version',
])

/** Every value that there can be, or none. Undefined: to be looked up. */
export function knownValues(field: Field): TagValue[] | undefined {
  if (field.type !== 'intrinsic' || lookedUp.has(field.name)) return undefined
  if (field.name === 'span:status') return keywords(statusCode.options)
  return field.name === 'span:kind' ? keywords(spanKind.options) : []
}

/**
 * What is asked of the store instead of a field that only a whole trace has: the names and services of root spans. Traces
 * whose root has not come are missing.
 */
export function askedOfSpans(
  field: Field,
  condition: Expression | undefined,
): { field: Field; condition: Expression | undefined } {
  const ofRoot = field.type === 'intrinsic' ? rootFields[field.name] : undefined
  if (ofRoot === undefined) return { field, condition }
  const both: Expression = condition === undefined ? isRoot : { type: 'and', left: isRoot, right: condition }
  return { field: ofRoot, condition: both }
}

const rootFields: Partial<Record<Intrinsic, Field>> = {
  'trace:rootName': { type: 'intrinsic', name: 'span:name' },
  'trace:rootService': { type: 'attribute', scope: 'resource', key: 'service.name', ofParent: false },
}
const isRoot: Expression = {
  type: 'compare',
  op: '<',
  left: { type: 'field', field: { type: 'intrinsic', name: 'nestedSetParent' } },
  right: { type: 'static', value: { type: 'int', value: 0n } },
}

/** By type, then value; without empty ones, for which Grafana has no way to show them. */
export function tagValuesOf(found: FieldValuesFound): TagValue[] {
  return found.values
    .flatMap(({ value }) => {
      const type = tagTypes[value.type]
      return type === undefined ? [] : [{ type, value: textOf(value) }]
    })
    .filter(({ value }) => value !== '')
    .sort((a, b) => compare(a.type, b.type) || compare(a.value, b.value))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export function tagValuesV2Response(
  values: readonly TagValue[],
  found: FieldValuesFound | undefined,
): Message {
  return { tagValues: values, metrics: listMetrics(found) }
}

export function tagValuesResponse(values: readonly TagValue[], found: FieldValuesFound | undefined): Message {
  return { tagValues: [...new Set(values.map(({ value }) => value))], metrics: listMetrics(found) }
}
