// Trace ids as clients write them: hex digits in either case, without leading zeros too. Out: 32 lower-case digits, as the
// store takes them; undefined for what is none. Pure.

export function traceIdOf(text: string): string | undefined {
  return /^[\da-f]{1,32}$/i.test(text) ? text.toLowerCase().padStart(32, '0') : undefined
}

/** Jaeger also takes the 16 bytes as base64, of either alphabet. */
export function traceIdOrBase64Of(text: string): string | undefined {
  const bytes = /^[\w+/-]{22}(==)?$/.test(text) ? Buffer.from(text, 'base64') : undefined
  return traceIdOf(text) ?? (bytes?.length === 16 ? bytes.toString('hex') : undefined)
}
