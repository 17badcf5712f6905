// The time range of a question, from its parameters. In: nanoseconds in decimal; out: bigints within 64 bits, or
// RequestFault `parameter_invalid`.
import { RequestFault } from '../faults.ts'
import type { TimeRange } from '../store/questions.ts'

export type RangeParameters = { start?: string | undefined; end?: string | undefined }
export type WholeRange = { start: bigint; end: bigint }

const timeMax = 2n ** 63n - 1n
const hourNano = 3_600_000_000_000n
const secondNano = 1_000_000_000n

export function rangeOf({ start, end }: RangeParameters): TimeRange {
  const range = { start: timeOf(start), end: timeOf(end) }
  if (range.start !== undefined && range.end !== undefined && range.start >= range.end) {
    throw new RequestFault('parameter_invalid', `start (${start}) must be before end (${end}).`)
  }
  return range
}

/** For rates, which need a length: without a start the hour before the end, without an end until now. */
export function wholeRangeOf(parameters: RangeParameters, nowMs: number): WholeRange {
  const { start, end = BigInt(nowMs) * 1_000_000n } = rangeOf(parameters)
  const whole = { start: start ?? (end > hourNano ? end - hourNano : 0n), end }
  if (whole.start < whole.end) return whole
  throw new RequestFault('parameter_invalid', `start (${parameters.start}) must be before now.`)
}

export const secondsOf = ({ start, end }: WholeRange): number => Number(end - start) / 1e9

const stepsMax = 2_000n
const stepsUsual = 60n

/** Throws RequestFault where that would be too many steps. */
export function stepOf(step: string, { start, end }: WholeRange): bigint {
  const stepNano = BigInt(step)
  const steps = (end - start + stepNano - 1n) / stepNano
  if (steps <= stepsMax) return stepNano
  const least = (end - start + stepsMax - 1n) / stepsMax
  throw new RequestFault(
    'parameter_invalid',
    `step is ${JSON.stringify(step)}: that makes ${steps} steps of the range, more than ${stepsMax}. Give ${least} or more.`,
  )
}

/** A sixtieth of the range, in whole seconds. */
export function usualStep({ start, end }: WholeRange): bigint {
  const sixtieth = (end - start) / stepsUsual / secondNano
  return sixtieth < 1n ? secondNano : sixtieth * secondNano
}

function timeOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined
  const time = BigInt(text)
  return time > timeMax ? timeMax : time
}
