// Points in time as Go programs take them in parameters. In: text; out: Unix nanoseconds, or undefined for what is none.
// Pure.

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/

/** RFC 3339 with up to nine digits of a second. */
export function rfc3339Of(text: string): bigint | undefined {
  // Some clients do not escape the + of a zone, which is a space then.
  const [, date = '', time = '', fraction = '', zone = ''] =
    rfc3339.exec(text.replace(/ (?=\d\d:\d\d$)/, '+')) ?? []
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`)
  if (Number.isNaN(ms)) return undefined
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** A whole number of units, below 2^63 nanoseconds. */
export function unixOf(text: string, unitNanos: bigint): bigint | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined
  const nanos = BigInt(text) * unitNanos
  return nanos < 2n ** 63n ? nanos : undefined
}

/** Seconds, seconds with a fraction, nanoseconds (more than ten digits), or RFC 3339. */
export function anyTimeOf(text: string): bigint | undefined {
  const [, seconds, fraction = ''] = /^(\d{1,10})\.(\d{0,9})\d*$/.exec(text) ?? []
  if (seconds !== undefined) return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
  return unixOf(text, text.length <= 10 ? 1_000_000_000n : 1n) ?? rfc3339Of(text)
}
