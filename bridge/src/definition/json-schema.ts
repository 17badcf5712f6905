// The form of definition files as JSON Schema, made of schema.ts, for editors to complete and check packs by:
// scripts-bt/definition.schema.json. What one value alone cannot tell, such as which keys make a shape together, is no
// part of it; loading a definition tells that.
import { z } from 'zod'
import { file, type EventForm, type FileForm, type SpanForm, type TargetForm } from './schema.ts'

const ofFile: Record<keyof FileForm, string> = {
  name: 'Of the definition: as the file is called',
  target: 'What it traces where neither a flag nor a variable says so: one of exe, pid, container',
  provider: 'Of all its probes that do not name their own',
  script: 'A bpftrace script beside this file that prints the events itself: NAME.bt',
  pair: 'Where starts wait for their ends: bridge (if not given) or kernel',
  resource: 'Attributes of the resource, such as service.name',
  spans: 'One map a span, by its name',
  events: 'One map an event that a probe adds to an open span, by its name',
}
const ofTarget: Record<keyof TargetForm, string> = {
  exe: 'A program or library, or a glob of them: every process of it, also later ones',
  pid: 'A process',
  container: 'A container, by name or id',
}
const ofSpan: Record<keyof SpanForm, string> = {
  kind: 'internal if not given',
  name: "The span's name; {attribute} stands for that attribute's value",
  start: 'Probe at the start: NAME, or PROVIDER:NAME',
  end: 'Probe at the end; without a start and with time.duration it tells of the whole span',
  function: "Instead of start and end: a function's calls, SYMBOL of the target's program or /FILE:SYMBOL",
  point: 'Instead of start and end: a probe that is a span of no length',
  match: 'Expression that has the same value at a start and its end; a list; or { start, end }',
  when: 'Filter in the kernel: an expression, or { start, end }',
  within: 'The span of this file in which it lies, by the same key; or { span, by: thread }',
  time: "The program's own times: start, Unix nanoseconds, and duration, nanoseconds",
  status: 'error: not zero at the end makes the span an error; message: its text',
  trace: 'parent: a W3C traceparent; id: match makes the trace id of the key',
  attributes: 'By key: { at: start or end, value, type, enum }',
  links: 'Traceparents of spans to link to: { at, value } each',
  supersede:
    'What a start does to an open one of its key: nest (if not given), or ends it, as an error or unset',
  incomplete: 'Whether a start without an end becomes a span: keep (if not given) or drop',
  pair: "As the file's pair, for this span",
  ttl: 'How long a start waits for its end, such as 500ms, 30s, 5min; a minute if not given',
}
const ofEvent: Record<keyof EventForm, string> = {
  probe: 'NAME, or PROVIDER:NAME',
  on: 'The span of this file that it belongs to',
  name: "The event's name; its name in this file if not given",
  match: "Expression with the value of the span's key; the span's own at its start if not given",
  when: 'Filter in the kernel: an expression',
  attributes: 'By key: { value, type, enum }',
}

type Schema = z.core.JSONSchema.BaseSchema

export function definitionSchema(): Schema {
  const schema = z.toJSONSchema(file, { io: 'input' })
  describe(schema, ofFile)
  describe(property(schema, 'target'), ofTarget)
  Object.assign(property(schema, 'target'), { minProperties: 1, maxProperties: 1 })
  describe(itemOf(schema, 'spans'), ofSpan)
  describe(itemOf(schema, 'events'), ofEvent)
  return { title: 'A definition of spans (probespan)', ...schema }
}

function describe(schema: Schema, descriptions: Readonly<Record<string, string>>): void {
  for (const [key, description] of Object.entries(descriptions)) {
    property(schema, key).description = description
  }
}

/** Of a map by name: what stands behind each name. */
function itemOf(schema: Schema, key: string): Schema {
  const item = property(schema, key).additionalProperties
  if (typeof item !== 'object') throw new Error(`"${key}" is no map by name`)
  return item
}

function property(schema: Schema, key: string): Schema {
  const found = schema.properties?.[key]
  if (typeof found !== 'object') throw new Error(`there is no property "${key}"`)
  return found
}
