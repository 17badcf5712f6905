// Durations as Go programs write and read them (time.Duration): "1h2m3.5s", "250ms", "1.5µs". Nanoseconds as bigint.
// Pure; what is no duration is undefined.

const nanosOf: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
/** Prometheus has these, too; Go has not. */
const longerNanosOf: Readonly<Record<string, bigint>> = {
  ...nanosOf,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
  y: 31_536_000_000_000_000n,
}

const whole = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)[a-zµμ]+)+)$/
const part = /(\d*)\.?(\d*)([a-zµμ]+)/g
/** Go's own bound: a duration is a 64-bit number. */
const nanosMax = 2n ** 63n - 1n

export function goDurationOf(text: string): bigint | undefined {
  return read(text, nanosOf)
}

/** The same, and Prometheus' "7d", "2w", "1y". */
export function prometheusDurationOf(text: string): bigint | undefined {
  return read(text, longerNanosOf)
}

function read(text: string, units: Readonly<Record<string, bigint>>): bigint | undefined {
  if (/^[+-]?0$/.test(text)) return 0n
  const [, sign, parts = ''] = whole.exec(text) ?? []
  if (sign === undefined) return undefined
  let nanos = 0n
  for (const [, digits = '', fraction = '', unit = ''] of parts.matchAll(part)) {
    const unitNanos = Object.hasOwn(units, unit) ? units[unit] : undefined
    if (unitNanos === undefined) return undefined
    nanos += BigInt(digits || '0') * unitNanos
    // What is below a nanosecond is cut off, as Go does.
    if (fraction !== '') nanos += (BigInt(fraction) * unitNanos) / 10n ** BigInt(fraction.length)
    if (nanos > nanosMax) return undefined
  }
  return sign === '-' ? -nanos : nanos
}

export function goDurationText(nanos: bigint): string {
  if (nanos === 0n) return '0s'
  if (nanos < 0n) return `-${goDurationText(-nanos)}`
  if (nanos < 1_000n) return `${nanos}ns`
  if (nanos < 1_000_000n) return `${decimal(nanos, 3)}µs`
  if (nanos < 1_000_000_000n) return `${decimal(nanos, 6)}ms`
  const minutes = nanos / 60_000_000_000n
  const seconds = `${decimal(nanos % 60_000_000_000n, 9)}s`
  if (minutes === 0n) return seconds
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`
}

/** Without zeros at the end. */
function decimal(value: bigint, places: number): string {
  const text = value.toString().padStart(places + 1, '0')
  const fraction = text.slice(-places).replace(/0+$/, '')
  return text.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`)
}
