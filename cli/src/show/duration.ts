// Nanoseconds to text for people: the unit that leaves one to three digits before the point, at most three after.

const units = [
  { name: 'µs', nanoseconds: 1_000n },
  { name: 'ms', nanoseconds: 1_000_000n },
  { name: 's', nanoseconds: 1_000_000_000n },
] as const

/** `1234567n` is `1.235 ms`; from one minute on `3 min 4 s`. A negative duration keeps its sign. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds < 0n) return `-${formatDuration(-nanoseconds)}`
  // From here on three decimals of seconds would round up to 60.
  if (nanoseconds >= 59_999_500_000n) {
    const seconds = (nanoseconds + 500_000_000n) / 1_000_000_000n
    return `${seconds / 60n} min ${seconds % 60n} s`
  }
  if (nanoseconds < 1000n) return `${nanoseconds} ns`
  for (const unit of units) {
    const thousandths = (nanoseconds * 1000n + unit.nanoseconds / 2n) / unit.nanoseconds
    if (thousandths >= 1_000_000n && unit.name !== 's') continue
    const decimals = (thousandths % 1000n).toString().padStart(3, '0').replace(/0+$/, '')
    return `${thousandths / 1000n}${decimals === '' ? '' : `.${decimals}`} ${unit.name}`
  }
  throw new Error('no unit')
}

const ofSpans: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
}

/** `250ms` to nanoseconds; undefined for anything that is no whole number of ns, us, ms, s or m. */
export function parseSpanDuration(text: string): bigint | undefined {
  const [, count, unit = ''] = /^(\d{1,15})([a-z]+)$/.exec(text) ?? []
  const nanoseconds = ofSpans[unit]
  return count === undefined || nanoseconds === undefined ? undefined : BigInt(count) * nanoseconds
}

const since = /^(\d+)(s|m|h|d)$/
const secondsOf: Readonly<Record<string, bigint>> = { s: 1n, m: 60n, h: 3600n, d: 86_400n }

/** `15m` to nanoseconds; undefined for anything that is no count of s, m, h or d. */
export function parseSince(text: string): bigint | undefined {
  const [, count, unit = ''] = since.exec(text) ?? []
  const seconds = secondsOf[unit]
  return count === undefined || seconds === undefined ? undefined : BigInt(count) * seconds * 1_000_000_000n
}
