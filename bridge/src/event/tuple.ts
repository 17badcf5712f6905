// A tuple printed by a generated program (definition/layout.ts has the contract) to an event. `nsecs` is
// CLOCK_BOOTTIME in nanoseconds; `toUnixNs` maps it.
import type { AttributeDefinition, Definition, Phase, SpanDefinition } from '../definition/definition.ts'
import { fieldsOf, headLength, keyAttributesOf, type Field } from '../definition/layout.ts'
import { jsonText, type JsonValue } from '../bpftrace/json.ts'
import type { AttributeValue, EventResult, ProbeEvent } from './event.ts'
import { integerOf, nanosecondsOf } from './nanoseconds.ts'
import { parseTraceparent } from './traceparent.ts'

type Layout = {
  span: SpanDefinition
  phase: Phase
  fields: Field[]
  keyAttributes: AttributeDefinition[]
}

export class TupleReader {
  private readonly layouts = new Map<string, Layout>()
  private readonly toUnixNs: (bootNs: bigint) => bigint

  constructor(definition: Definition, toUnixNs: (bootNs: bigint) => bigint) {
    this.toUnixNs = toUnixNs
    for (const span of definition.spans.values()) {
      for (const phase of ['start', 'end'] as const) {
        const fields = fieldsOf(span, phase)
        const keyAttributes = keyAttributesOf(span, phase)
        this.layouts.set(`${span.id} ${phase}`, { span, phase, fields, keyAttributes })
      }
    }
  }

  read(tuple: readonly JsonValue[]): EventResult {
    const [id, phaseName, nsecs, pid, tid, key] = tuple
    const what = `${jsonText(id)} ${jsonText(phaseName)}`
    const layout = this.layouts.get(what)
    if (!layout) return failure(`no definition of ${what}`)
    const expected = headLength + layout.fields.length
    if (tuple.length !== expected) {
      return failure(`${what} has ${tuple.length} elements where ${expected} are declared`)
    }
    const bootNs = integerOf(nsecs)
    if (bootNs === undefined || typeof pid !== 'number' || typeof tid !== 'number') {
      return failure('nsecs, pid and tid are not integers')
    }
    const event: ProbeEvent = {
      span: layout.span,
      phase: layout.phase,
      atUnixNs: this.toUnixNs(bootNs),
      pid,
      tid,
      key: jsonText(key),
      attributes: layout.keyAttributes.map(({ key: name, type }) => [
        name,
        attributeValue(key ?? null, type),
      ]),
    }
    for (const [index, field] of layout.fields.entries()) {
      const problem = setField(event, field, tuple[headLength + index] ?? null)
      if (problem !== undefined) return failure(problem)
    }
    return { ok: true, event }
  }
}

function setField(event: ProbeEvent, field: Field, value: JsonValue): string | undefined {
  switch (field.role) {
    case 'time': {
      const startNs = nanosecondsOf(value)
      if (startNs === undefined) return `time.start ${field.expression} ${noTime(value)}`
      event.programStartUnixNs = startNs
      return undefined
    }
    case 'duration': {
      const durationNs = nanosecondsOf(value)
      if (durationNs === undefined) return `time.duration ${field.expression} ${noTime(value)}`
      event.programDurationNs = durationNs
      return undefined
    }
    case 'error':
      event.error = isTrue(value)
      return undefined
    case 'traceparent': {
      const parent = parseTraceparent(jsonText(value))
      if (parent) event.remoteParent = parent
      return undefined
    }
    case 'attribute':
      event.attributes.push([field.attribute.key, attributeValue(value, field.attribute.type)])
      return undefined
  }
}

/** An integer beyond 2^53 becomes its decimal text: the SDK's attribute values are doubles and would round it. */
function attributeValue(value: JsonValue, type: 'string' | 'int' | 'boolean' | undefined): AttributeValue {
  if (type === 'boolean') return isTrue(value)
  if (type === 'string') return jsonText(value)
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value
  return jsonText(value)
}

const isTrue = (value: JsonValue): boolean => value !== 0 && value !== false && value !== null && value !== ''
const noTime = (value: JsonValue): string => `is no integer from 0 to 2^63 - 1: ${jsonText(value)}`
const failure = (reason: string): EventResult => ({ ok: false, reason })
