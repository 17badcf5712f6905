// The event contract between a bpftrace program and the bridge: what stands where in a printed tuple.
//   (definition, phase, nsecs, pid, tid, key, value…)
// The values of a phase: the program's own time, then (start) traceparent or (end) error, each only where the
// definition has it, then the attributes of that phase in the order in which the definition lists them. An
// attribute that is the key itself is not printed again: on 0.17 an event has 512 bytes of stack, three strings.
import type { AttributeDefinition, Phase, SpanDefinition } from './definition.ts'

export type Field =
  | { role: 'time' | 'duration' | 'traceparent' | 'error'; expression: string }
  /** `index` is its place in the event's attributes. */
  | { role: 'attribute'; expression: string; attribute: AttributeDefinition; index: number }

export type Layout = {
  span: SpanDefinition
  phase: Phase
  fields: Field[]
  /** The attributes whose value is the event's key. */
  keyAttributes: { attribute: AttributeDefinition; index: number }[]
  /** The attributes of an event before they are set: to be copied. */
  blankAttributes: readonly string[]
}

/** How many elements stand before the values. */
export const headLength = 6

export function layoutOf(span: SpanDefinition, phase: Phase): Layout {
  const attributes = attributesOf(span, phase)
  const indexed = attributes.map((attribute, index) => ({ attribute, index }))
  const fields: Field[] = indexed
    .filter(({ attribute }) => !isKey(span, attribute))
    .map(({ attribute, index }) => ({
      role: 'attribute',
      expression: attribute.expression,
      attribute,
      index,
    }))
  const keyAttributes = indexed.filter(({ attribute }) => isKey(span, attribute))
  return {
    span,
    phase,
    fields: [...specialFieldsOf(span, phase), ...fields],
    keyAttributes,
    blankAttributes: attributes.map(() => ''),
  }
}

/** The attributes that an event of this phase has, in their order. */
export function attributesOf(span: SpanDefinition, phase: Phase): AttributeDefinition[] {
  return span.attributes.filter((attribute) => attribute.at === phase)
}

function specialFieldsOf(span: SpanDefinition, phase: Phase): Field[] {
  const { time, traceparentExpression, errorExpression } = span
  const fields: Field[] = []
  if (phase === 'start') {
    if (time) fields.push({ role: 'time', expression: time.start })
    if (traceparentExpression !== undefined) {
      fields.push({ role: 'traceparent', expression: traceparentExpression })
    }
  } else {
    if (time) fields.push({ role: 'duration', expression: time.duration })
    if (errorExpression !== undefined) fields.push({ role: 'error', expression: errorExpression })
  }
  return fields
}

function isKey(span: SpanDefinition, attribute: AttributeDefinition): boolean {
  return attribute.expression === span.match[attribute.at]
}
