// A value that bpftrace printed to an attribute's value, by the type that the definition gives it.
import type { AttributeDefinition } from '../definition/definition.ts'
import { jsonText, type JsonValue } from '../bpftrace/json.ts'
import type { AttributeValue } from './event.ts'

const bits = new DataView(new ArrayBuffer(8))

/** An integer beyond 2^53 becomes its decimal text: the SDK's attribute values are doubles and would round it. */
export function attributeValue(value: JsonValue, { type, names }: AttributeDefinition): AttributeValue {
  if (names !== undefined) {
    const name = names.get(jsonText(value))
    if (name !== undefined) return name
  }
  switch (type) {
    case 'boolean':
      return isTrue(value)
    case 'string':
      return jsonText(value)
    case 'double':
      return Number(jsonText(value))
    case 'double_bits':
      return doubleOfBits(value)
    case 'int':
    case undefined:
    default:
      return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
        ? value
        : jsonText(value)
  }
}

/** Why the value is none of the type that is declared, in words: a text where a number is expected. */
export function typeMismatch(
  value: JsonValue,
  { key, type, names }: AttributeDefinition,
): string | undefined {
  if (!isNumeric(type) || typeof value === 'number' || typeof value === 'boolean') return undefined
  const text = jsonText(value)
  if (names?.has(text) === true || /^-?\d+(\.\d+)?$/.test(text)) return undefined
  return `attribute ${key} is declared as ${type}, and is printed as ${JSON.stringify(value)}`
}

export const isNumeric = (type: AttributeDefinition['type']): boolean =>
  type !== undefined && type !== 'string'

export const isTrue = (value: JsonValue): boolean =>
  value !== 0 && value !== false && value !== null && value !== ''

function doubleOfBits(value: JsonValue): number {
  const text = jsonText(value)
  if (!/^-?\d{1,20}$/.test(text)) return Number.NaN
  bits.setBigUint64(0, BigInt.asUintN(64, BigInt(text)))
  return bits.getFloat64(0)
}
