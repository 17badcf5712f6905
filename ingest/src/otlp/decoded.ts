// Looks into messages as protobufjs decodes them, whose fields have no static types. A field that is absent, or not of
// the kind its message defines, reads as the protobuf default.
export type Decoded = Record<string, unknown>

export function decodedOf(value: unknown): Decoded {
  return isDecoded(value) ? value : {}
}

export function listOf(value: unknown): Decoded[] {
  return Array.isArray(value) ? value.map(decodedOf) : []
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
export const bytesOf = (value: unknown): Buffer =>
  value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.alloc(0)

/** A 64-bit integer, which protobufjs gives in two halves, in decimal. */
export function longTextOf(value: unknown): string {
  const { low, high, unsigned } = decodedOf(value)
  if (typeof low !== 'number' || typeof high !== 'number') return '0'
  const bits = (BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(low))
  return String(unsigned === true ? BigInt.asUintN(64, bits) : bits)
}

function isDecoded(value: unknown): value is Decoded {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
