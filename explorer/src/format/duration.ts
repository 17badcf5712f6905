// Nanoseconds (bigint) in; text for people out: at most three decimals in ns, µs, ms or s, from one minute on
// minutes and whole seconds. Rounded half up, away from zero; nothing passes through a double.
const usNs = 1_000n
const msNs = 1_000_000n
const sNs = 1_000_000_000n
const minNs = 60n * sNs

/** "980 ns", "1.234 ms", "2.5 s", "3 min 4 s", "-12 µs". */
export function formatDuration(durationNs: bigint): string {
  return durationNs < 0n ? `-${formatPositive(-durationNs)}` : formatPositive(durationNs)
}

function formatPositive(durationNs: bigint): string {
  if (durationNs < usNs) return `${durationNs} ns`
  // Each limit is where three decimals would round up to the next unit: 999.9996 µs is 1 ms, not 1000 µs.
  if (durationNs < msNs) return `${decimal(durationNs, usNs)} µs`
  if (durationNs < sNs - usNs / 2n) return `${decimal(durationNs, msNs)} ms`
  if (durationNs < minNs - msNs / 2n) return `${decimal(durationNs, sNs)} s`
  const seconds = (durationNs + sNs / 2n) / sNs
  return `${seconds / 60n} min ${seconds % 60n} s`
}

/** `value / unit` with at most three decimals and no trailing zeros. */
function decimal(value: bigint, unit: bigint): string {
  const thousandths = (value * 1_000n + unit / 2n) / unit
  const fraction = (thousandths % 1_000n).toString().padStart(3, '0').replace(/0+$/, '')
  const whole = (thousandths / 1_000n).toString()
  return fraction === '' ? whole : `${whole}.${fraction}`
}
