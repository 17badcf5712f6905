// A tuple printed by a generated program (definition/layout.ts has the contract) to an event, whatever it holds.
// tuple-line.ts does the same faster for lines of the plain form; a test holds the two together.
import type { HrTime } from '@opentelemetry/api'
import type { AttributeType, Definition } from '../definition/definition.ts'
import { headLength, layoutOf, type Field, type Layout } from '../definition/layout.ts'
import { jsonText, type JsonValue } from '../bpftrace/json.ts'
import type { AttributeValue, EventResult, ProbeEvent } from './event.ts'
import { timeOf } from './nanoseconds.ts'
import { parseTraceparent } from './traceparent.ts'

/** CLOCK_BOOTTIME, which `nsecs` is, to Unix time. */
export type ToUnix = (boot: HrTime) => HrTime

export class TupleReader {
  private readonly layouts = new Map<string, Layout>()
  private readonly toUnix: ToUnix

  constructor(definition: Definition, toUnix: ToUnix) {
    this.toUnix = toUnix
    for (const span of definition.spans.values()) {
      for (const phase of ['start', 'end'] as const) {
        this.layouts.set(`${span.id} ${phase}`, layoutOf(span, phase))
      }
    }
  }

  read(tuple: readonly JsonValue[]): EventResult {
    const [id, phaseName, nsecs, pid, tid, key = null] = tuple
    const what = `${jsonText(id)} ${jsonText(phaseName)}`
    const layout = this.layouts.get(what)
    if (!layout) return failure(`no definition of ${what}`)
    const expected = headLength + layout.fields.length
    if (tuple.length !== expected) {
      return failure(`${what} has ${tuple.length} elements where ${expected} are declared`)
    }
    const boot = timeOf(nsecs)
    if (boot === undefined || typeof pid !== 'number' || typeof tid !== 'number') {
      return failure('nsecs, pid and tid are not integers')
    }
    const event = newEvent(layout, this.toUnix(boot), pid, tid, jsonText(key))
    for (const { attribute, index } of layout.keyAttributes) {
      event.attributes[index] = attributeValue(key, attribute.type)
    }
    for (const [index, field] of layout.fields.entries()) {
      const problem = setField(event, field, tuple[headLength + index] ?? null)
      if (problem !== undefined) return failure(problem)
    }
    return { ok: true, event }
  }
}

export function newEvent(layout: Layout, at: HrTime, pid: number, tid: number, key: string): ProbeEvent {
  return {
    span: layout.span,
    phase: layout.phase,
    at,
    pid,
    tid,
    key,
    programStart: undefined,
    programDuration: undefined,
    error: false,
    remoteParent: undefined,
    attributes: layout.blankAttributes.slice(),
  }
}

function setField(event: ProbeEvent, field: Field, value: JsonValue): string | undefined {
  switch (field.role) {
    case 'time':
      event.programStart = timeOf(value)
      return event.programStart ? undefined : `time.start ${field.expression} ${noTime(value)}`
    case 'duration':
      event.programDuration = timeOf(value)
      return event.programDuration ? undefined : `time.duration ${field.expression} ${noTime(value)}`
    case 'error':
      event.error = isTrue(value)
      return undefined
    case 'traceparent':
      event.remoteParent = parseTraceparent(jsonText(value))
      return undefined
    case 'attribute':
      event.attributes[field.index] = attributeValue(value, field.attribute.type)
      return undefined
  }
}

/** An integer beyond 2^53 becomes its decimal text: the SDK's attribute values are doubles and would round it. */
export function attributeValue(value: JsonValue, type: AttributeType | undefined): AttributeValue {
  if (type === 'boolean') return isTrue(value)
  if (type === 'string') return jsonText(value)
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value
  return jsonText(value)
}

const isTrue = (value: JsonValue): boolean => value !== 0 && value !== false && value !== null && value !== ''
const noTime = (value: JsonValue): string => `is no integer from 0 to 2^63 - 1: ${jsonText(value)}`
const failure = (reason: string): EventResult => ({ ok: false, reason })
