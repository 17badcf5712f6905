// A tuple printed by a generated program (definition/layout.ts has the contract) to an event, whatever it holds.
// tuple-line.ts does the same faster for lines of the plain form; a test holds the two together.
import type { HrTime } from '@opentelemetry/api'
import type { Definition } from '../definition/definition.ts'
import { headLength, layoutsOf, tupleText, type Field, type Layout } from '../definition/layout.ts'
import { counterOf } from '../definition/self-report.ts'
import { jsonText, type JsonValue } from '../bpftrace/json.ts'
import { attributeValue, isTrue, typeMismatch } from './attribute-value.ts'
import type { EventResult, ProbeEvent } from './event.ts'
import { timeOf } from './nanoseconds.ts'
import { parseTraceparent } from './traceparent.ts'

/** CLOCK_BOOTTIME, which `nsecs` is, to Unix time. */
export type ToUnix = (boot: HrTime) => HrTime

/** Between the parts of a key; no probe's string has it by chance. */
const keySeparator = '\x1f'

export class TupleReader {
  private readonly layouts: ReadonlyMap<string, Layout>
  private readonly blocks: ReadonlyMap<Layout, number>
  private readonly toUnix: ToUnix
  /** A script of the user's may print another type than is declared. */
  private readonly isScripted: boolean

  constructor(definition: Definition, toUnix: ToUnix) {
    this.toUnix = toUnix
    this.isScripted = definition.script !== undefined
    this.layouts = layoutsOf(definition)
    this.blocks = new Map([...this.layouts.values()].map((layout, block) => [layout, block]))
  }

  read(tuple: readonly JsonValue[]): EventResult {
    const [id, phaseName, nsecs, pid, tid] = tuple
    const what = `${jsonText(id)} ${jsonText(phaseName)}`
    const layout = this.layouts.get(what)
    if (!layout) return failure(`no definition of ${what}`)
    const beginAt = headLength + layout.keyParts.length
    const valuesAt = beginAt + (layout.begin ? 2 + layout.begin.fields.length : 0)
    const expected = valuesAt + layout.fields.length
    if (tuple.length !== expected) {
      return failure(
        `${what} has ${tuple.length} elements where ${expected} are declared: ${tupleText(layout)}`,
      )
    }
    const boot = timeOf(nsecs)
    if (boot === undefined || typeof pid !== 'number' || typeof tid !== 'number') {
      return failure('nsecs, pid and tid are not integers')
    }
    const parts = tuple.slice(headLength, beginAt)
    const counter = counterOf(this.blocks.get(layout) ?? -1, boot)
    const event = newEvent(layout, counter, this.toUnix(boot), pid, tid, keyOf(parts))
    const values = tuple.slice(valuesAt)
    const mismatch = this.isScripted ? mismatchIn(layout, values) : undefined
    if (mismatch !== undefined) return failure(`${what}: ${mismatch}`)
    const problem = fill(event, layout, parts, values)
    if (problem !== undefined) return failure(problem)
    if (!layout.begin) return { ok: true, event }
    const [beginNsecs, beginTid, ...beginValues] = tuple.slice(beginAt, valuesAt)
    const beginBoot = timeOf(beginNsecs)
    if (beginBoot === undefined || typeof beginTid !== 'number') {
      return failure('nsecs and tid of the start are not integers')
    }
    event.begun = newEvent(layout.begin, -1, this.toUnix(beginBoot), pid, beginTid, event.key)
    const beginProblem = fill(event.begun, layout.begin, parts, beginValues)
    return beginProblem === undefined ? { ok: true, event } : failure(beginProblem)
  }
}

export function keyOf(parts: readonly JsonValue[]): string {
  if (parts.length === 1) return jsonText(parts[0])
  const texts = parts.map((part) => jsonText(part))
  return texts.includes('') ? '' : texts.join(keySeparator)
}

export function newEvent(
  layout: Layout,
  counter: number,
  at: HrTime,
  pid: number,
  tid: number,
  key: string,
): ProbeEvent {
  return {
    span: layout.span,
    event: layout.event,
    phase: layout.phase,
    at,
    pid,
    tid,
    key,
    programStart: undefined,
    programDuration: undefined,
    error: false,
    message: undefined,
    remoteParent: undefined,
    links: undefined,
    attributes: layout.blankAttributes.slice(),
    begun: undefined,
    counter,
  }
}

function mismatchIn({ fields }: Layout, values: readonly JsonValue[]): string | undefined {
  for (const [index, field] of fields.entries()) {
    const mismatch =
      field.role === 'attribute' ? typeMismatch(values[index] ?? null, field.attribute) : undefined
    if (mismatch !== undefined) return mismatch
  }
  return undefined
}

/** Sets what the layout says of the event; answers what is wrong with it. */
function fill(
  event: ProbeEvent,
  { keyAttributes, fields }: Layout,
  parts: readonly JsonValue[],
  values: readonly JsonValue[],
): string | undefined {
  for (const { attribute, index, part } of keyAttributes) {
    event.attributes[index] = attributeValue(parts[part] ?? null, attribute)
  }
  for (const [index, field] of fields.entries()) {
    const problem = setField(event, field, values[index] ?? null)
    if (problem !== undefined) return problem
  }
  return undefined
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
    case 'message':
      event.message = jsonText(value)
      return undefined
    case 'traceparent':
      event.remoteParent = parseTraceparent(jsonText(value))
      return undefined
    case 'link':
      addLink(event, jsonText(value))
      return undefined
    case 'attribute':
      event.attributes[field.index] = attributeValue(value, field.attribute)
      return undefined
  }
}

export function addLink(event: ProbeEvent, traceparent: string): void {
  const context = parseTraceparent(traceparent)
  if (!context) return
  event.links ??= []
  event.links.push(context)
}

const noTime = (value: JsonValue): string => `is no integer from 0 to 2^63 - 1: ${jsonText(value)}`
const failure = (reason: string): EventResult => ({ ok: false, reason })
