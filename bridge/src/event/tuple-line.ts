// A line that prints a tuple, straight to an event, without the JSON values in between: a quarter of the time. It
// reads only the plain form that nearly every line has: no escapes, no bytes from 0x80 up, integers that are exact as
// a number (times of any size). Any other line is undefined: event/tuple.ts reads it. In two steps: the head is all that
// putting events in order takes, and a line that waits for that is a few objects where an event is a dozen, which the
// garbage collector would copy twice.
import type { HrTime } from '@opentelemetry/api'
import type { Definition } from '../definition/definition.ts'
import { layoutsOf, type Field, type Layout } from '../definition/layout.ts'
import { counterOf } from '../definition/self-report.ts'
import { attributeValue } from './attribute-value.ts'
import type { AttributeValue, ProbeEvent } from './event.ts'
import { parseTraceparent } from './traceparent.ts'
import { addLink, keyOf, newEvent, type ToUnix } from './tuple.ts'

const prefix = '{"type": "value", "data": ["'
const suffix = ']}'
const [quote, comma, minus, backslash, zero, nine] = [34, 44, 45, 92, 48, 57]
const timeDigitsMax = 19
/** The second of 2^63 - 1 nanoseconds, the bound of a time, and all later ones are left to the slow way. */
const timeSecondsMax = 9_223_372_035
/** 2^53 has 16. */
const integerDigitsMax = 15

/** A line of which as much is read as `body` needs not to read again. */
export type TupleHead = {
  readonly line: string
  readonly layout: Layout
  /** The count of the program that counts it: definition/self-report.ts. */
  readonly counter: number
  /** Unix time. */
  readonly at: HrTime
  readonly pid: number
  readonly tid: number
  /** Where in the line the key begins. */
  readonly bodyAt: number
}

export class TupleLineReader {
  private readonly layouts = new Map<string, { layout: Layout; block: number }>()
  private readonly toUnix: ToUnix
  private line = ''
  private at = 0

  constructor(definition: Definition, toUnix: ToUnix) {
    this.toUnix = toUnix
    for (const [block, [name, layout]] of [...layoutsOf(definition)].entries()) {
      this.layouts.set(name.replace(' ', '","'), { layout, block })
    }
  }

  head(line: string): TupleHead | undefined {
    if (!line.startsWith(prefix)) return undefined
    this.line = line
    const idEnd = line.indexOf('"', prefix.length)
    const phaseEnd = line.indexOf('"', idEnd + 3)
    if (phaseEnd === -1) return undefined
    const found = this.layouts.get(line.slice(prefix.length, phaseEnd))
    if (!found) return undefined
    const { layout, block } = found
    this.at = phaseEnd + 1
    const boot = this.time()
    const pid = this.integer()
    const tid = this.integer()
    if (boot === undefined || pid === undefined || tid === undefined) return undefined
    const counter = counterOf(block, boot)
    return { line, layout, counter, at: this.toUnix(boot), pid, tid, bodyAt: this.at }
  }

  body({ line, layout, counter, at, pid, tid, bodyAt }: TupleHead): ProbeEvent | undefined {
    this.line = line
    this.at = bodyAt
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
    return this.at === line.length - suffix.length && line.endsWith(suffix) ? event : undefined
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
        if (value !== undefined) setValue(event, field, value)
        return value !== undefined
      }
    }
  }

  /** `,` and then an integer from 0 up, as seconds and nanoseconds. */
  private time(): HrTime | undefined {
    const { line } = this
    let at = this.at + 1
    if (line.charCodeAt(at - 1) !== comma) return undefined
    const end = digitsEnd(line, at)
    const digits = end - at
    if (digits === 0 || digits > timeDigitsMax) return undefined
    let seconds = 0
    for (const secondsEnd = end - 9; at < secondsEnd; at += 1)
      seconds = 10 * seconds + line.charCodeAt(at) - zero
    let nanoseconds = 0
    for (; at < end; at += 1) nanoseconds = 10 * nanoseconds + line.charCodeAt(at) - zero
    this.at = end
    return seconds <= timeSecondsMax ? [seconds, nanoseconds] : undefined
  }

  /** `,` and then an integer that is exact as a number. */
  private integer(): number | undefined {
    if (this.line.charCodeAt(this.at) !== comma) return undefined
    return this.integerAt(this.at + 1)
  }

  private integerAt(start: number): number | undefined {
    const { line } = this
    const negative = line.charCodeAt(start) === minus
    let at = negative ? start + 1 : start
    const end = digitsEnd(line, at)
    if (end === at || end - at > integerDigitsMax) return undefined
    let value = 0
    for (; at < end; at += 1) value = 10 * value + line.charCodeAt(at) - zero
    this.at = end
    // Not `-value`: of 0 that is another number.
    return negative ? 0 - value : value
  }

  /** `,` and then an integer or a string. */
  private value(): AttributeValue | undefined {
    const { line } = this
    const start = this.at + 1
    if (line.charCodeAt(this.at) !== comma) return undefined
    if (line.charCodeAt(start) !== quote) return this.integerAt(start)
    for (let at = start + 1; ; at += 1) {
      const code = line.charCodeAt(at)
      if (code === quote) {
        this.at = at + 1
        return line.slice(start + 1, at)
      }
      if (code === backslash || !(code < 0x80)) return undefined
    }
  }
}

function setValue(event: ProbeEvent, field: Field, value: AttributeValue): void {
  if (field.role === 'attribute') event.attributes[field.index] = attributeValue(value, field.attribute)
  else if (field.role === 'traceparent') event.remoteParent = parseTraceparent(String(value))
  else if (field.role === 'link') addLink(event, String(value))
  else event.message = String(value)
}

function digitsEnd(line: string, start: number): number {
  let at = start
  for (;;) {
    const code = line.charCodeAt(at)
    if (!(code >= zero && code <= nine)) return at
    at += 1
  }
}
