// Every attribute and intrinsic of a span, for questions about which there are. In: a span of a block; out: a call for
// each field and value.
import type { Field, Static } from '../../../traceql/ast.ts'
import type { AttributeScope, Intrinsic } from '../../../traceql/ast.ts'
import { eachField, keyValueRanges, staticsOf } from './attribute-values.ts'
import type { Located } from './located-body.ts'
import { tags } from './span-values.ts'
import type { SpanValues } from './span-values.ts'

const intrinsicsOfSpan: readonly Intrinsic[] = [
  'span:name',
  'span:duration',
  'span:status',
  'span:statusMessage',
  'span:kind',
  'event:name',
  'instrumentation:name',
  'instrumentation:version',
]

type FieldScope = Exclude<AttributeScope, 'any'>
export type KeyFound = (scope: FieldScope, owner: Located, keyValue: { start: number; end: number }) => void

/** Each KeyValue of the span and of what belongs to it, where it lies. */
export function eachKeyValue(block: SpanValues, span: number, found: KeyFound): void {
  const { resource, scope } = block.owner(span)
  const own = block.located(span)
  const of = (scopeName: FieldScope, owner: Located, tag: number): void =>
    eachField(owner.reader, owner, tag, (start, end) => found(scopeName, owner, { start, end }))
  of('resource', resource, tags.resourceAttribute)
  of('instrumentation', scope, tags.scopeAttribute)
  of('span', own, tags.spanAttribute)
  const parts: [FieldScope, Located, number][] = []
  const { reader } = own
  eachField(
    reader,
    own,
    tags.event,
    (start, end) => void parts.push(['event', { reader, start, end }, tags.eventAttribute]),
  )
  eachField(
    reader,
    own,
    tags.link,
    (start, end) => void parts.push(['link', { reader, start, end }, tags.linkAttribute]),
  )
  for (const [scopeName, owner, tag] of parts) of(scopeName, owner, tag)
}

export function eachFieldValue(
  block: SpanValues,
  span: number,
  found: (field: Field, value: Static) => void,
): void {
  for (const name of intrinsicsOfSpan) {
    const field: Field = { type: 'intrinsic', name }
    for (const value of block.values(span, field)) found(field, value)
  }
  eachKeyValue(block, span, (scope, { reader }, { start, end }) => {
    const { keyAt, keyEnd, valueAt, valueEnd } = keyValueRanges(reader, start, end)
    const key = reader.bytes.toString('utf8', keyAt, keyEnd)
    const field: Field = { type: 'attribute', scope, key, ofParent: false }
    for (const value of staticsOf(reader, { start: valueAt, end: valueEnd })) found(field, value)
  })
}
