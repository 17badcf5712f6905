// A time or duration that a program passed, to nanoseconds. From 0.24 on bpftrace prints an integer that no double
// holds as a string of digits. Bound: 0 to 2^63 - 1, the year 2262: what lies beyond is a negative number printed
// unsigned or no time at all, and one such time would put every other event out of order.
import type { JsonValue } from '../bpftrace/json.ts'

const nanosecondsMax = 2n ** 63n - 1n

/** The integer, exactly; undefined where it is none. Any sign and size. */
export function integerOf(value: JsonValue | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined
}

export function nanosecondsOf(value: JsonValue | undefined): bigint | undefined {
  const integer = integerOf(value)
  return integer !== undefined && integer >= 0n && integer <= nanosecondsMax ? integer : undefined
}
