// OTLP protobuf to JSON: to OTLP/JSON, the opposite of json.ts (ids are hex, enums numbers), or to what protobuf by itself
// says (ids are base64, enums names). Other bytes are base64, 64-bit integers decimal strings; fields that are not set are
// left out, and fields that OTLP does not define are lost.
import protobuf from 'protobufjs'
import { doubleOf } from './any-value.ts'
import { bytesOf, decodedOf, longTextOf } from './decoded.ts'
import type { Decoded } from './decoded.ts'
import { undecodable } from './frames.ts'
import { exportRequestType } from './schema.ts'

const idFields = new Set(['traceId', 'spanId', 'parentSpanId'])

export type JsonRules = {
  ids: 'hex' | 'base64'
  enums: 'number' | 'name'
  /** Fields that are left out wherever they stand, because the reader does not know them yet. */
  without: ReadonlySet<string>
}
/** OTLP/JSON. */
export const otlpJson: JsonRules = { ids: 'hex', enums: 'number', without: new Set() }
/** Protobuf's own mapping, of the fields that every reader of OTLP traces has known since version 1.0. */
export const protobufJson: JsonRules = {
  ids: 'base64',
  enums: 'name',
  without: new Set(['entityRefs', 'keyStrindex', 'stringValueStrindex']),
}

/** One ExportTraceServiceRequest or TracesData. Throws UndecodableBody. */
export function jsonFromProtobuf(body: Buffer, rules: JsonRules = otlpJson): object {
  try {
    return messageJson(exportRequestType, exportRequestType.decode(body), rules)
  } catch (error) {
    throw undecodable(error, 0)
  }
}

function messageJson(type: protobuf.Type, message: unknown, rules: JsonRules): object {
  const decoded: Decoded = decodedOf(message)
  const entries = type.fieldsArray
    .filter(({ name }) => isSet(decoded, name) && !rules.without.has(name))
    .map((field) => {
      const value = decoded[field.name]
      return [
        field.name,
        Array.isArray(value)
          ? value.map((item: unknown) => fieldJson(field, item, rules))
          : fieldJson(field, value, rules),
      ]
    })
  return Object.fromEntries(entries)
}

/** What is not set is only in the prototype, but lists are always there. */
function isSet(decoded: Decoded, name: string): boolean {
  const value = Object.hasOwn(decoded, name) ? decoded[name] : undefined
  return Array.isArray(value) ? value.length > 0 : value !== undefined
}

function fieldJson(field: protobuf.Field, value: unknown, rules: JsonRules): unknown {
  const type = field.resolvedType
  if (type instanceof protobuf.Type) return messageJson(type, value, rules)
  // A number without a name stays one.
  if (type instanceof protobuf.Enum) {
    return rules.enums === 'name' ? (type.valuesById[Number(value)] ?? value) : value
  }
  switch (field.type) {
    case 'bytes':
      return bytesOf(value).toString(idFields.has(field.name) ? rules.ids : 'base64')
    case 'int64':
    case 'fixed64':
      return longTextOf(value)
    case 'double':
      return doubleOf(Number(value))
    default:
      return value
  }
}
