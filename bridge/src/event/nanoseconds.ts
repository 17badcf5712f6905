// A time or duration that bpftrace printed, to an HrTime. From 0.24 on bpftrace prints an integer that no double
// holds as a string of digits. Bound: 0 to 2^63 - 1 ns, the year 2262: what lies beyond is a negative number printed
// unsigned or no time at all, and one such time would put every other event out of order.
import type { HrTime } from '@opentelemetry/api'
import type { JsonValue } from '../bpftrace/json.ts'
import { timeOfNs } from '../time/instant.ts'

const nanosecondsMax = 2n ** 63n - 1n

/** Undefined where the value is no integer within the bound. */
export function timeOf(value: JsonValue | undefined): HrTime | undefined {
  const nanoseconds = integerOf(value)
  if (nanoseconds === undefined || nanoseconds < 0n || nanoseconds > nanosecondsMax) return undefined
  return timeOfNs(nanoseconds)
}

function integerOf(value: JsonValue | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined
}
