// The event contract between a bpftrace program and the bridge: what stands where in a printed tuple.
//   (definition, phase, nsecs, pid, tid, key, value…)
// The values of a phase: the program's own time, then (start) traceparent or (end) error, each only where the
// definition has it, then the attributes of that phase in the order in which the definition lists them. An
// attribute that is the key itself is not printed again: on 0.17 an event has 512 bytes of stack, three strings.
import type { AttributeDefinition, Phase, SpanDefinition } from './definition.ts'

export type Field =
  | { role: 'time' | 'duration' | 'traceparent' | 'error'; expression: string }
  | { role: 'attribute'; expression: string; attribute: AttributeDefinition }

/** How many elements stand before the values. */
export const headLength = 6

export function fieldsOf(span: SpanDefinition, phase: Phase): Field[] {
  const fields: Field[] = []
  if (phase === 'start') {
    if (span.time) fields.push({ role: 'time', expression: span.time.start })
    if (span.traceparentExpression !== undefined) {
      fields.push({ role: 'traceparent', expression: span.traceparentExpression })
    }
  } else {
    if (span.time) fields.push({ role: 'duration', expression: span.time.duration })
    if (span.errorExpression !== undefined) {
      fields.push({ role: 'error', expression: span.errorExpression })
    }
  }
  for (const attribute of span.attributes) {
    if (attribute.at === phase && !isKey(span, attribute)) {
      fields.push({ role: 'attribute', expression: attribute.expression, attribute })
    }
  }
  return fields
}

/** The attributes of a phase whose value is the event's key. */
export function keyAttributesOf(span: SpanDefinition, phase: Phase): AttributeDefinition[] {
  return span.attributes.filter((attribute) => attribute.at === phase && isKey(span, attribute))
}

function isKey(span: SpanDefinition, attribute: AttributeDefinition): boolean {
  return attribute.expression === span.match[attribute.at]
}
