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

/** Throws UndecodableBody. */
export function readSenderClaims(resource: Buffer): Omit<SenderClaims, 'scopeName'> {
  const claims: Record<keyof Omit<SenderClaims, 'scopeName'>, string | undefined> = {
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

/** Throws UndecodableBody. */
export function readScopeName(scope: Buffer): string {
  return firstFields(scope).at(-1)?.toString('utf8') ?? ''
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
