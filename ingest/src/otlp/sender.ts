// What a resource and a scope say about who sent their spans: the few attributes that tagging and storing read.
// In: the bytes of a Resource or InstrumentationScope message; out: strings, undefined where absent or not a string.
import protobuf from 'protobufjs'
import { keyValueType } from './schema.ts'
import { undecodable } from './frames.ts'

export type SenderClaims = {
  serviceName: string | undefined
  libraryName: string | undefined
  otelScopeName: string | undefined
  sdkName: string | undefined
  distroName: string | undefined
  scopeName: string
}

const claimOf: Readonly<Record<string, keyof SenderClaims>> = {
  'service.name': 'serviceName',
  'otel.library.name': 'libraryName',
  'otel.scope.name': 'otelScopeName',
  'telemetry.sdk.name': 'sdkName',
  'telemetry.distro.name': 'distroName',
}

const lengthDelimited = 2
const firstField = (1 << 3) | lengthDelimited

type ResourceClaims = Omit<SenderClaims, 'scopeName'>

// Senders repeat themselves: decoding their resource and scope for each of 20 services took a third of reading a
// request. At most 16 MiB, and what comes after is simply decoded each time until all are forgotten together.
const rememberedMax = 4_096
const rememberedBytesMax = 4_096

function remembering<Value>(read: (message: Buffer) => Value): (message: Buffer) => Value {
  const known = new Map<string, Value>()
  return (message) => {
    if (message.length > rememberedBytesMax) return read(message)
    const key = message.toString('latin1')
    let value = known.get(key)
    if (value === undefined) {
      value = read(message)
      if (known.size >= rememberedMax) known.clear()
      known.set(key, value)
    }
    return value
  }
}

/** Throws UndecodableBody. */
export const readSenderClaims = remembering(decodeSenderClaims)

/** Throws UndecodableBody. */
export const readScopeName = remembering(
  (scope: Buffer): string => firstFields(scope).at(-1)?.toString('utf8') ?? '',
)

function decodeSenderClaims(resource: Buffer): ResourceClaims {
  const claims: ResourceClaims = {
    serviceName: undefined,
    libraryName: undefined,
    otelScopeName: undefined,
    sdkName: undefined,
    distroName: undefined,
  }
  for (const attribute of firstFields(resource)) {
    const key = firstFields(attribute)[0]?.toString('utf8') ?? ''
    const claim = Object.hasOwn(claimOf, key) ? claimOf[key] : undefined
    if (claim === undefined || claim === 'scopeName') continue
    const value = stringValue(attribute)
    if (value !== '') claims[claim] ??= value
  }
  return claims
}

/** The contents of every length-delimited field 1 of a message. */
function firstFields(message: Buffer): Buffer[] {
  const reader = protobuf.Reader.create(message)
  const found: Buffer[] = []
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === firstField) {
        const size = reader.uint32()
        reader.skip(size)
        found.push(message.subarray(reader.pos - size, reader.pos))
      } else reader.skipType(tag & 7, 0, tag >>> 3)
    }
  } catch (error) {
    throw undecodable(error, reader.pos)
  }
  return found
}

function stringValue(attribute: Buffer): string {
  try {
    const { value } = keyValueType.decode(attribute).toJSON()
    const text: unknown = value?.stringValue
    return typeof text === 'string' ? text : ''
  } catch (error) {
    throw undecodable(error, 0)
  }
}
