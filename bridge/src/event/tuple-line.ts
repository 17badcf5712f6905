// A line that prints a tuple, straight from its bytes to an event, without texts and JSON values in between: a quarter of
// the time. It reads only the plain form that nearly every line has: no escapes, no bytes from 0x80 up, integers that are
// exact as a number (times of any size). Any other line is undefined: event/tuple.ts reads it. In two steps: the head is
// all that putting events in order takes.
import type { HrTime } from '@opentelemetry/api'
import type { Definition } from '../definition/definition.ts'
import { layoutsOf, type Field, type Layout } from '../definition/layout.ts'
import { counterOf } from '../definition/self-report.ts'
import { attributeValue, isNumeric } from './attribute-value.ts'
import type { AttributeValue, ProbeEvent } from './event.ts'
import { parseTraceparent } from './traceparent.ts'
import { addLink, keyOf, newEvent, type ToUnix } from './tuple.ts'

const prefix = Buffer.from('{"type": "value", "data": ["')
const [quote, comma, minus, backslash, bracket, brace] = [34, 44, 45, 92, 93, 125]
const [zero, nine] = [48, 57]
const timeDigitsMax = 19
/** The second of 2^63 - 1 nanoseconds, the bound of a time, and all later ones are left to the slow way. */
const timeSecondsMax = 9_223_372_035
/** 2^53 has 16. */
const integerDigitsMax = 15

/** A line of which as much is read as `body` needs not to read again. */
export type TupleHead = {
  /** The line is `bytes` until `end`. */
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Of its layout. */
  readonly block: number
  /** The count of the program that counts it: definition/self-report.ts. */
  readonly counter: number
  /** Unix time. */
  readonly at: HrTime
  readonly pid: number
  readonly tid: number
  /** Where in the bytes the key begins. */
  readonly bodyAt: number
}

/** `id` is how a tuple of the layout begins. */
type Block = { id: Buffer; layout: Layout }

export class TupleLineReader {
  private readonly blocks: readonly Block[]
  private readonly toUnix: ToUnix
  private readonly isScripted: boolean
  private bytes: Buffer = prefix
  private at = 0
  private end = 0

  constructor(definition: Definition, toUnix: ToUnix) {
    this.toUnix = toUnix
    this.isScripted = definition.script !== undefined
    this.blocks = [...layoutsOf(definition)].map(([name, layout]) => ({
      id: Buffer.from(`${name.replace(' ', '","')}"`),
      layout,
    }))
  }

  head(bytes: Buffer, start: number, end: number): TupleHead | undefined {
    if (!isAt(prefix, bytes, start)) return undefined
    const idAt = start + prefix.length
    const block = this.blocks.findIndex(({ id }) => isAt(id, bytes, idAt))
    if (block === -1) return undefined
    this.bytes = bytes
    this.at = idAt + (this.blocks[block]?.id.length ?? 0)
    this.end = end
    const boot = this.time()
    const pid = this.integer()
    const tid = this.integer()
    if (boot === undefined || pid === undefined || tid === undefined) return undefined
    const counter = counterOf(block, boot)
    return { bytes, start, end, block, counter, at: this.toUnix(boot), pid, tid, bodyAt: this.at }
  }

  body({ bytes, end, block, counter, at, pid, tid, bodyAt }: TupleHead): ProbeEvent | undefined {
    const layout = this.blocks[block]?.layout
    if (!layout) return undefined
    this.bytes = bytes
    this.at = bodyAt
    this.end = end
    const first = this.value()
    if (first === undefined) return undefined
    let key = String(first)
    let parts: AttributeValue[] | undefined
    if (layout.keyParts.length > 1) {
      parts = this.moreParts(first, layout.keyParts.length)
      if (!parts) return undefined
      key = keyOf(parts)
    }
    const event = newEvent(layout, counter, at, pid, tid, key)
    if (layout.begin && !this.readBegin(event, layout.begin, parts ?? [first])) return undefined
    for (const { attribute, index, part } of layout.keyAttributes) {
      event.attributes[index] = attributeValue(parts?.[part] ?? first, attribute)
    }
    for (const field of layout.fields) if (!this.readField(event, field)) return undefined
    const isWhole = this.at === end - 2 && bytes[end - 2] === bracket && bytes[end - 1] === brace
    return isWhole ? event : undefined
  }

  private readBegin(end: ProbeEvent, layout: Layout, parts: readonly AttributeValue[]): boolean {
    const boot = this.time()
    const tid = this.integer()
    if (boot === undefined || tid === undefined) return false
    const begun = newEvent(layout, -1, this.toUnix(boot), end.pid, tid, end.key)
    for (const { attribute, index, part } of layout.keyAttributes) {
      begun.attributes[index] = attributeValue(parts[part] ?? null, attribute)
    }
    end.begun = begun
    return layout.fields.every((field) => this.readField(begun, field))
  }

  private moreParts(first: AttributeValue, count: number): AttributeValue[] | undefined {
    const parts = [first]
    while (parts.length < count) {
      const value = this.value()
      if (value === undefined) return undefined
      parts.push(value)
    }
    return parts
  }

  private readField(event: ProbeEvent, field: Field): boolean {
    switch (field.role) {
      case 'time':
        event.programStart = this.time()
        return event.programStart !== undefined
      case 'duration':
        event.programDuration = this.time()
        return event.programDuration !== undefined
      case 'error': {
        const value = this.integer()
        event.error = value !== 0
        return value !== undefined
      }
      case 'message':
      case 'traceparent':
      case 'link':
      case 'attribute': {
        const value = this.value()
        if (value === undefined || this.isToBeChecked(field, value)) return false
        setValue(event, field, value)
        return true
      }
    }
  }

  /** The other reader tells what is wrong with it, if anything is. */
  private isToBeChecked(field: Field, value: AttributeValue): boolean {
    if (!this.isScripted || field.role !== 'attribute') return false
    return typeof value === 'string' && isNumeric(field.attribute.type)
  }

  /** `,` and then an integer from 0 up, as seconds and nanoseconds. */
  private time(): HrTime | undefined {
    const { bytes } = this
    let at = this.at + 1
    if (bytes[at - 1] !== comma) return undefined
    const end = digitsEnd(bytes, at)
    const digits = end - at
    if (digits === 0 || digits > timeDigitsMax) return undefined
    let seconds = 0
    for (const secondsEnd = end - 9; at < secondsEnd; at += 1)
      seconds = 10 * seconds + (bytes[at] ?? 0) - zero
    let nanoseconds = 0
    for (; at < end; at += 1) nanoseconds = 10 * nanoseconds + (bytes[at] ?? 0) - zero
    this.at = end
    return seconds <= timeSecondsMax ? [seconds, nanoseconds] : undefined
  }

  /** `,` and then an integer that is exact as a number. */
  private integer(): number | undefined {
    if (this.bytes[this.at] !== comma) return undefined
    return this.integerAt(this.at + 1)
  }

  private integerAt(start: number): number | undefined {
    const { bytes } = this
    const negative = bytes[start] === minus
    let at = negative ? start + 1 : start
    const end = digitsEnd(bytes, at)
    if (end === at || end - at > integerDigitsMax) return undefined
    let value = 0
    for (; at < end; at += 1) value = 10 * value + (bytes[at] ?? 0) - zero
    this.at = end
    // Not `-value`: of 0 that is another number.
    return negative ? 0 - value : value
  }

  /** `,` and then an integer or a string. */
  private value(): AttributeValue | undefined {
    const { bytes } = this
    const start = this.at + 1
    if (bytes[this.at] !== comma) return undefined
    if (bytes[start] !== quote) return this.integerAt(start)
    for (let at = start + 1; at < this.end; at += 1) {
      const code = bytes[at] ?? backslash
      if (code === quote) {
        this.at = at + 1
        return bytes.toString('latin1', start + 1, at)
      }
      if (code === backslash || code >= 0x80) return undefined
    }
    return undefined
  }
}

function setValue(event: ProbeEvent, field: Field, value: AttributeValue): void {
  if (field.role === 'attribute') event.attributes[field.index] = attributeValue(value, field.attribute)
  else if (field.role === 'traceparent') event.remoteParent = parseTraceparent(String(value))
  else if (field.role === 'link') addLink(event, String(value))
  else event.message = String(value)
}

/** Whether `wanted` stands there; what is behind the line's end is a line end, which is no part of it. */
function isAt(wanted: Buffer, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < wanted.length; at += 1) if (wanted[at] !== bytes[start + at]) return false
  return true
}

function digitsEnd(bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    const code = bytes[at] ?? 0
    if (code < zero || code > nine) return at
    at += 1
  }
}
