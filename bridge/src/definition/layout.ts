// The event contract between a bpftrace program and the bridge: what stands where in a printed tuple.
//   (definition, phase, nsecs, pid, tid, key…, value…)
// Of a span that the kernel paired, with the phase "span": nsecs of the start, its tid and its values come between
// the key and the end's values.
// The key has as many elements as the definition's `match` has parts. The values of a phase: the program's own time
// or duration, the traceparent, the error and its message, each only where the definition has it at that phase, then
// the links and then the attributes of that phase in the order in which the definition lists them. An attribute that
// is a part of the key is not printed again: up to 0.22 an event has 512 bytes of stack, which
// its strings share.
import type {
  AttributeDefinition,
  Definition,
  Phase,
  SpanDefinition,
  SpanEventDefinition,
} from './definition.ts'

export type Field =
  | { role: 'time' | 'duration' | 'traceparent' | 'error' | 'message' | 'link'; expression: string }
  /** `index` is its place in the event's attributes. */
  | { role: 'attribute'; expression: string; attribute: AttributeDefinition; index: number }

export type Layout = {
  /** Of an event of a span, what it is on. */
  span: SpanDefinition
  event: SpanEventDefinition | undefined
  phase: Phase
  /** Of an end that the kernel paired, its start's: its values stand between the key and this one's. */
  begin: Layout | undefined
  keyParts: readonly string[]
  fields: Field[]
  /** The attributes whose value is a part of the key. */
  keyAttributes: { attribute: AttributeDefinition; index: number; part: number }[]
  /** The attributes of an event before they are set: to be copied. */
  blankAttributes: readonly string[]
}

/** How many elements stand before the key. */
export const headLength = 5

/** All layouts of a definition by `id phase`, which is how a tuple begins. */
export function layoutsOf(definition: Definition): Map<string, Layout> {
  const layouts = new Map<string, Layout>()
  for (const span of definition.spans.values()) {
    if (span.pairing === 'kernel') layouts.set(`${span.id} span`, pairLayoutOf(span))
    else for (const phase of phasesOf(span)) layouts.set(`${span.id} ${phase}`, layoutOf(span, phase))
  }
  for (const event of definition.events.values()) {
    const span = definition.spans.get(event.on)
    if (span) layouts.set(`${event.id} event`, eventLayoutOf(event, span))
  }
  return layouts
}

/** How a tuple of the layout is printed. */
export function tupleText({ span, event, begin, phase, keyParts, fields }: Layout): string {
  const names = [(event ?? span).id, event ? 'event' : begin ? 'span' : phase]
  const ofBegin = begin ? ['START_NSECS', 'START_TID', ...begin.fields.map((field) => field.expression)] : []
  const values = [...keyParts, ...ofBegin, ...fields.map((field) => field.expression)]
  return `(${[...names.map((name) => `"${name}"`), 'nsecs', 'pid', 'tid', ...values].join(', ')})`
}

export function phasesOf(span: SpanDefinition): Phase[] {
  return span.probes.point ? ['point'] : ['start', 'end']
}

export function layoutOf(span: SpanDefinition, phase: Phase): Layout {
  const links = span.links.filter((link) => link.at === phase)
  const special = [
    ...specialFieldsOf(span, phase),
    ...links.map(({ expression }): Field => ({ role: 'link', expression })),
  ]
  return {
    span,
    event: undefined,
    phase,
    begin: undefined,
    ...withAttributes(attributesOf(span, phase), span.match[phase], special),
  }
}

function pairLayoutOf(span: SpanDefinition): Layout {
  return { ...layoutOf(span, 'end'), begin: layoutOf(span, 'start') }
}

export function eventLayoutOf(event: SpanEventDefinition, span: SpanDefinition): Layout {
  return {
    span,
    event,
    phase: 'point',
    begin: undefined,
    ...withAttributes(event.attributes, event.match, []),
  }
}

/** The attributes that an event of this phase has, in their order. */
export function attributesOf(span: SpanDefinition, phase: Phase): AttributeDefinition[] {
  return span.attributes.filter((attribute) => attribute.at === phase)
}

function withAttributes(
  attributes: AttributeDefinition[],
  keyParts: readonly string[],
  special: Field[],
): Pick<Layout, 'keyParts' | 'fields' | 'keyAttributes' | 'blankAttributes'> {
  const fields = [...special]
  const keyAttributes: Layout['keyAttributes'] = []
  for (const [index, attribute] of attributes.entries()) {
    const part = keyParts.indexOf(attribute.expression)
    if (part === -1) fields.push({ role: 'attribute', expression: attribute.expression, attribute, index })
    else keyAttributes.push({ attribute, index, part })
  }
  return { keyParts, fields, keyAttributes, blankAttributes: attributes.map(() => '') }
}

function specialFieldsOf(span: SpanDefinition, phase: Phase): Field[] {
  const { time, traceparentExpression, errorExpression, messageExpression } = span
  const fields: Field[] = []
  const add = (
    role: 'time' | 'duration' | 'traceparent' | 'error' | 'message',
    expression?: string,
  ): void => {
    if (expression !== undefined) fields.push({ role, expression })
  }
  if (phase === 'start') add('time', time.start)
  else add('duration', time.duration)
  if (phase !== 'end') add('traceparent', traceparentExpression)
  if (phase !== 'start') {
    add('error', errorExpression)
    add('message', messageExpression)
  }
  return fields
}
