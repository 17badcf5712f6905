// Answers that are protobuf messages: written as protobuf or as the JSON that protobuf's own mapping makes of them
// (https://protobuf.dev/programming-guides/json/), which Go programs read strictly. In: a protobufjs type and the message
// as a plain object, 64-bit integers as bigint, enums by number; out: bytes or a JSON value.
import protobuf from 'protobufjs'

export type Message = { readonly [field: string]: MessageValue | undefined }
export type MessageValue = string | number | bigint | boolean | Uint8Array | Message | readonly MessageValue[]

export function protobufOf(type: protobuf.Type, message: Message): Buffer {
  return Buffer.from(type.encode(withHalves(message)).finish())
}

/** As protobufjs takes 64-bit integers. */
function withHalves(value: Message): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, encodable(field)]))
}

function encodable(value: MessageValue | undefined): unknown {
  if (typeof value === 'bigint') {
    return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) }
  }
  if (isList(value)) return value.map(encodable)
  return isMessage(value) ? withHalves(value) : value
}

/** Fields that have their type's default are left out, but for those of a oneof; so are empty lists. */
export function jsonOf(type: protobuf.Type, message: Message): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  for (const field of type.fieldsArray) {
    const value = message[field.name]
    if (value === undefined || (isDefault(value) && field.partOf === null)) continue
    json[field.name] = fieldJson(field, value)
  }
  return json
}

function isDefault(value: MessageValue): boolean {
  if (isList(value) || value instanceof Uint8Array) return value.length === 0
  return value === '' || value === 0 || value === 0n || value === false
}

function fieldJson(field: protobuf.Field, value: MessageValue): unknown {
  if (field.repeated && isList(value)) return value.map((item) => itemJson(field, item))
  if (field instanceof protobuf.MapField && isMessage(value)) {
    const entries = Object.entries(value).filter(
      (entry): entry is [string, MessageValue] => entry[1] !== undefined,
    )
    return Object.fromEntries(entries.map(([key, item]) => [key, itemJson(field, item)]))
  }
  return itemJson(field, value)
}

function itemJson(field: protobuf.Field, value: MessageValue): unknown {
  const type = field.resolvedType
  if (type instanceof protobuf.Type) return isMessage(value) ? jsonOf(type, value) : {}
  if (type instanceof protobuf.Enum) return type.valuesById[Number(value)] ?? value
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  // JSON has no number for these: protobuf names them as JavaScript does.
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

const isList = (value: MessageValue | undefined): value is readonly MessageValue[] => Array.isArray(value)

function isMessage(value: MessageValue | undefined): value is Message {
  return typeof value === 'object' && !isList(value) && !(value instanceof Uint8Array)
}
