// OTLP protobuf to OTLP/JSON: the opposite of json.ts. Ids are hex, other bytes base64, 64-bit integers decimal strings,
// enums numbers; fields that are not set are left out, and fields that OTLP does not define are lost.
import protobuf from 'protobufjs'
import { doubleOf } from './any-value.ts'
import { bytesOf, decodedOf, longTextOf } from './decoded.ts'
import type { Decoded } from './decoded.ts'
import { undecodable } from './frames.ts'
import { exportRequestType } from './schema.ts'

const idFields = new Set(['traceId', 'spanId', 'parentSpanId'])

/** One ExportTraceServiceRequest. Throws UndecodableBody. */
export function jsonFromProtobuf(body: Buffer): object {
  try {
    return messageJson(exportRequestType, exportRequestType.decode(body))
  } catch (error) {
    throw undecodable(error, 0)
  }
}

function messageJson(type: protobuf.Type, message: unknown): object {
  const decoded: Decoded = decodedOf(message)
  const entries = type.fieldsArray
    // What is not set is only in the prototype.
    .filter((field) => Object.hasOwn(decoded, field.name))
    .map((field) => {
      const value = decoded[field.name]
      return [
        field.name,
        Array.isArray(value) ? value.map((item: unknown) => fieldJson(field, item)) : fieldJson(field, value),
      ]
    })
  return Object.fromEntries(entries)
}

function fieldJson(field: protobuf.Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type) return messageJson(field.resolvedType, value)
  switch (field.type) {
    case 'bytes':
      return bytesOf(value).toString(idFields.has(field.name) ? 'hex' : 'base64')
    case 'int64':
    case 'fixed64':
      return longTextOf(value)
    case 'double':
      return doubleOf(Number(value))
    default:
      return value
  }
}
