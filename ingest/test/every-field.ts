// A trace request with every field of OTLP set to a value of its own, as OTLP/JSON, made from the types themselves.
import protobuf from 'protobufjs'

export type JsonMessage = Record<string, unknown>

const idDigits: Record<string, number> = { traceId: 32, spanId: 16, parentSpanId: 16 }

/** Every field set once; AnyValues in attributes take each of their forms in turn. `depth` ends the recursion. */
export function everyField(type: protobuf.Type, depth = 0): JsonMessage {
  const counter = { value: 1000 }
  return messageOf(type, depth, counter)
}

type Counter = { value: number }

function messageOf(type: protobuf.Type, depth: number, counter: Counter): JsonMessage {
  if (type.name === 'AnyValue') return { stringValue: `text ${counter.value++}` }
  const entries = type.fieldsArray.map((field) => {
    if (field.name === 'attributes') return [field.name, attributes(field, depth, counter)]
    const value = valueOf(field, depth, counter)
    return [field.name, field.repeated ? [value] : value]
  })
  return Object.fromEntries(entries) as JsonMessage
}

/** One attribute for each form of AnyValue that wire.ts can show, and an empty one. */
function attributes(field: protobuf.Field, depth: number, counter: Counter): JsonMessage[] {
  const keyValue = field.resolvedType as protobuf.Type
  const anyValue = keyValue.fields['value']?.resolvedType as protobuf.Type
  const forms = anyValue.fieldsArray.map((form) => [form.name, valueOf(form, depth, counter)] as const)
  const values = [...forms.map(([name, value]) => ({ [name]: value })), {}]
  return values.map((value) => ({ key: `key ${counter.value++}`, value, keyStrindex: counter.value++ }))
}

function valueOf(field: protobuf.Field, depth: number, counter: Counter): unknown {
  const type = field.resolvedType
  const next = counter.value++
  if (type instanceof protobuf.Enum) return 2
  if (type instanceof protobuf.Type) return depth > 12 ? {} : messageOf(type, depth + 1, counter)
  switch (field.type) {
    case 'string':
      return `text ${next}`
    case 'bytes': {
      const digits = idDigits[field.name]
      return digits === undefined
        ? Buffer.from(`bytes ${next}`).toString('base64')
        : next.toString(16).padStart(digits, '0')
    }
    case 'bool':
      return true
    case 'double':
      return next + 0.25
    case 'fixed64':
      return String(1_700_000_000_000_000_000n + BigInt(next))
    case 'int64':
      return String(-9_223_372_036_854_775_000n - BigInt(next % 800))
    default:
      return next
  }
}
