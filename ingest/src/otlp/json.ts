// OTLP/JSON trace request to the same request in OTLP protobuf. Accepts what senders really write: ids as hex in
// either case, enums as numbers or names, 64-bit integers as strings or numbers, lowerCamelCase or snake_case keys,
// bytes as base64 of either alphabet; keys that OTLP does not define are ignored. Throws TooManyParts, and
// UndecodableBody whose message names the place in the document.
import protobuf from 'protobufjs'
import { TooManyParts, UndecodableBody } from './frames.ts'
import { parseJsonExactly } from './json-text.ts'
import { exportRequestType } from './schema.ts'

// A resource span's attribute lies 8 levels deep; this leaves room for values nested some 45 deep.
const depthMax = 100
const idFields = new Set(['traceId', 'spanId', 'parentSpanId'])

type JsonObject = Record<string, unknown>

export function protobufFromJson(text: string): { body: Buffer; hasResourceSpans: boolean } {
  const document = parse(text)
  if (!isObject(document)) throw refused('$', 'an object', document)
  const request = messageOf(exportRequestType, document, '$', 0)
  return {
    body: Buffer.from(exportRequestType.encode(request).finish()),
    hasResourceSpans: request['resourceSpans'] !== undefined,
  }
}

function parse(text: string): unknown {
  try {
    return parseJsonExactly(text)
  } catch (error) {
    if (error instanceof TooManyParts) throw error
    throw new UndecodableBody(`not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(place: string, wanted: string, value: unknown): UndecodableBody {
  const shown = JSON.stringify(value) ?? String(value)
  const cut = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown
  return new UndecodableBody(`not OTLP/JSON: ${place} must be ${wanted}, but is ${cut}`)
}

function messageOf(type: protobuf.Type, source: JsonObject, place: string, depth: number): JsonObject {
  if (depth > depthMax) throw new UndecodableBody(`not OTLP/JSON: nested over ${depthMax} deep at ${place}`)
  const message: JsonObject = {}
  for (const field of type.fieldsArray) {
    const value = source[field.name] ?? source[snakeCase(field.name)]
    // JSON null means "not set" in protobuf's JSON mapping.
    if (value === undefined || value === null) continue
    const here = `${place}.${field.name}`
    if (field.name === 'intValue' && isBeyondInt64(value)) message['doubleValue'] = Number(value)
    else if (!field.repeated) message[field.name] = fieldOf(field, value, here, depth)
    else if (Array.isArray(value)) {
      message[field.name] = value.map((item, index) => fieldOf(field, item, `${here}[${index}]`, depth))
    } else throw refused(here, 'an array', value)
  }
  return message
}

/** JavaScript's SDK writes whole numbers as integers, 1e+300 too: such a value is the double it was, not an error. */
function isBeyondInt64(value: unknown): boolean {
  let whole: bigint | undefined
  if (typeof value === 'number' && Number.isInteger(value)) whole = BigInt(value)
  if (typeof value === 'string' && /^-?\d{19,309}$/.test(value)) whole = BigInt(value)
  return whole !== undefined && BigInt.asIntN(64, whole) !== whole
}

const snakeCases = new Map<string, string>()
function snakeCase(name: string): string {
  let snake = snakeCases.get(name)
  if (snake === undefined) {
    snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    snakeCases.set(name, snake)
  }
  return snake
}

function fieldOf(field: protobuf.Field, value: unknown, place: string, depth: number): unknown {
  const type = field.resolvedType
  if (type instanceof protobuf.Type) {
    if (!isObject(value)) throw refused(place, 'an object', value)
    return messageOf(type, value, place, depth + 1)
  }
  if (type instanceof protobuf.Enum) return enumOf(type, value, place)
  switch (field.type) {
    case 'string':
      if (typeof value === 'string') return value
      throw refused(place, 'a string', value)
    case 'bytes':
      return idFields.has(field.name) ? idOf(value, place) : base64Of(value, place)
    case 'bool':
      if (typeof value === 'boolean') return value
      throw refused(place, 'true or false', value)
    case 'double':
      return doubleOf(value, place)
    case 'int64':
      return longOf(value, place, true)
    case 'fixed64':
      return longOf(value, place, false)
    default:
      return Number(integerOf(value, place, field.type === 'int32' ? -(2n ** 31n) : 0n, 2n ** 32n - 1n))
  }
}

function enumOf(type: protobuf.Enum, value: unknown, place: string): number {
  if (typeof value === 'string' && Object.hasOwn(type.values, value)) return type.values[value] ?? 0
  return Number(integerOf(value, place, -(2n ** 31n), 2n ** 31n - 1n))
}

function idOf(value: unknown, place: string): Buffer {
  if (typeof value === 'string' && value.length % 2 === 0 && /^[\da-f]*$/i.test(value)) {
    return Buffer.from(value, 'hex')
  }
  throw refused(place, 'hex digits', value)
}

function base64Of(value: unknown, place: string): Buffer {
  if (typeof value === 'string' && /^[\w+/-]*={0,2}$/.test(value)) return Buffer.from(value, 'base64')
  throw refused(place, 'base64', value)
}

function doubleOf(value: unknown, place: string): number {
  if (typeof value === 'number') return value
  const named = ['NaN', 'Infinity', '-Infinity'].includes(String(value))
  if (typeof value === 'string' && (named || /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value))) return Number(value)
  throw refused(place, 'a number', value)
}

function integerOf(value: unknown, place: string, min: bigint, max: bigint): bigint {
  const isText = typeof value === 'string' && /^-?\d{1,20}$/.test(value)
  if (isText || (typeof value === 'number' && Number.isSafeInteger(value))) {
    const integer = BigInt(value)
    if (integer >= min && integer <= max) return integer
  }
  throw refused(place, `an integer from ${min} to ${max}`, value)
}

/** The two 32-bit halves that protobufjs writes: a 64-bit integer never becomes a double. */
function longOf(value: unknown, place: string, signed: boolean): { low: number; high: number } {
  const integer = signed
    ? integerOf(value, place, -(2n ** 63n), 2n ** 63n - 1n)
    : integerOf(value, place, 0n, 2n ** 64n - 1n)
  return { low: Number(BigInt.asIntN(32, integer)), high: Number(BigInt.asIntN(32, integer >> 32n)) }
}
