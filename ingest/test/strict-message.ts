// Reads answers as strictly as Go programs read them: protobuf in which every field must be one of the message's, written in
// its own way; JSON by the rules of Go's jsonpb, which refuses an unknown field and a value of another type. In: a type
// of protobufjs; out: the message as JSON values, or an error that names the place.
import protobuf from 'protobufjs'

type Json = Record<string, unknown>

const wireTypes: Record<string, number> = {
  int32: 0,
  int64: 0,
  uint32: 0,
  uint64: 0,
  bool: 0,
  fixed64: 1,
  double: 1,
  string: 2,
  bytes: 2,
  fixed32: 5,
}

/** The message, decoded by protobufjs, once every field of it was found to be known. */
export function strictProtobuf(type: protobuf.Type, bytes: Uint8Array): Json {
  checkFields(type, protobuf.Reader.create(bytes), type.name)
  return type.decode(bytes).toJSON()
}

function checkFields(type: protobuf.Type, reader: protobuf.Reader, place: string): void {
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const field: protobuf.Field | undefined = type.fieldsById[tag >>> 3]
    if (field === undefined) throw new Error(`${place} has no field ${tag >>> 3}`)
    const here = `${place}.${field.name}`
    if ((tag & 7) !== wireTypeOf(field)) throw new Error(`${here} is written as wire type ${tag & 7}`)
    if (field instanceof protobuf.MapField) checkMapEntry(field, protobuf.Reader.create(reader.bytes()), here)
    else checkValue(field, reader, here, tag & 7)
  }
}

function wireTypeOf(field: protobuf.Field): number | undefined {
  if (field.resolvedType instanceof protobuf.Enum) return 0
  return field.resolvedType !== null || field instanceof protobuf.MapField ? 2 : wireTypes[field.type]
}

function checkValue(field: protobuf.Field, reader: protobuf.Reader, place: string, wireType: number): void {
  const type = field.resolvedType
  if (type instanceof protobuf.Type) checkFields(type, protobuf.Reader.create(reader.bytes()), place)
  else reader.skipType(wireType, 0, field.id)
}

function checkMapEntry(field: protobuf.Field, entry: protobuf.Reader, place: string): void {
  while (entry.pos < entry.len) {
    const tag = entry.uint32()
    if (tag === 0x0a) entry.skipType(2, 0, 1)
    else if (tag >>> 3 === 2) checkValue(field, entry, place, tag & 7)
    else throw new Error(`${place} has an entry with field ${tag >>> 3}`)
  }
}

export function strictJson(type: protobuf.Type, text: string): Json {
  const json: unknown = JSON.parse(text)
  checkMessage(type, json, type.name)
  return json as Json
}

function checkMessage(type: protobuf.Type, json: unknown, place: string): void {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new Error(`${place} is no object`)
  for (const [name, value] of Object.entries(json)) {
    const field: protobuf.Field | undefined = type.fields[name]
    if (field === undefined) throw new Error(`${place} has no field ${name}`)
    checkField(field, value, `${place}.${name}`)
  }
}

function checkField(field: protobuf.Field, value: unknown, place: string): void {
  if (field instanceof protobuf.MapField) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error(`${place} is no map`)
    for (const [key, item] of Object.entries(value)) checkItem(field, item, `${place}[${key}]`)
  } else if (field.repeated) {
    if (!Array.isArray(value)) throw new Error(`${place} is no list`)
    value.forEach((item, at) => checkItem(field, item, `${place}[${at}]`))
  } else checkItem(field, value, place)
}

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value)
const isDecimal = (value: unknown): boolean => typeof value === 'string' && /^-?\d+$/.test(value)
const special = ['NaN', 'Infinity', '-Infinity']

/** Go's 32-bit integers are never in quotes, its 64-bit ones always are. */
const fits: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  bytes: (value) =>
    typeof value === 'string' && /^[A-Za-z\d+/]*={0,2}$/.test(value) && value.length % 4 === 0,
  bool: (value) => typeof value === 'boolean',
  double: (value) => typeof value === 'number' || special.includes(String(value)),
  int32: isWhole,
  uint32: (value) => isWhole(value) && Number(value) >= 0,
  fixed32: (value) => isWhole(value) && Number(value) >= 0,
  int64: isDecimal,
  uint64: (value) => isDecimal(value) && !String(value).startsWith('-'),
  fixed64: (value) => isDecimal(value) && !String(value).startsWith('-'),
}

function checkItem(field: protobuf.Field, value: unknown, place: string): void {
  const type = field.resolvedType
  if (type instanceof protobuf.Type) return checkMessage(type, value, place)
  const isFit =
    type instanceof protobuf.Enum
      ? typeof value === 'string' && Object.hasOwn(type.values, value)
      : fits[field.type]?.(value)
  if (isFit !== true) throw new Error(`${place} is ${JSON.stringify(value)}, which is no ${field.type}`)
}
