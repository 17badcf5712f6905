// Time ranges, limits and steps of Tempo's parameters, read as Tempo reads them
// (https://grafana.com/docs/tempo/latest/api_docs/). Out: Unix nanoseconds. Throws RequestFault `parameter_invalid`.
import { goDurationOf, prometheusDurationOf } from '../go-values/duration.ts'
import { refused } from '../go-values/parameters.ts'
import type { Parameters } from '../go-values/parameters.ts'
import { anyTimeOf, unixOf } from '../go-values/time.ts'
import type { TimeRange } from '../store/questions.ts'

const secondNano = 1_000_000_000n
const minuteNano = 60n * secondNano
const hourNano = 60n * minuteNano
/** More samples of a series than any screen has pixels; Prometheus has the same limit. */
export const stepsMax = 11_000n

const seconds = (text: string): bigint | undefined => unixOf(text, secondNano)

/** Of searches and lists: seconds; one of both, or 0, is no bound. */
export function searchRange(parameters: Parameters): TimeRange {
  const start = parameters.read('start', seconds, 'Unix seconds')
  const end = parameters.read('end', seconds, 'Unix seconds')
  const range = { start: start === 0n ? undefined : start, end: end === 0n ? undefined : end }
  if (range.start !== undefined && range.end !== undefined && range.end <= range.start) {
    throw refused(
      'start',
      parameters.text('start') ?? '',
      `it must be before end (${parameters.text('end')})`,
    )
  }
  return range
}

export type MetricsRange = { start: bigint; end: bigint }

/** Of metrics: seconds, nanoseconds or RFC 3339; by default the last hour, or `since`. */
export function metricsRange(parameters: Parameters, nowNano: bigint): MetricsRange {
  const form = 'Unix seconds, Unix nanoseconds or RFC 3339'
  const since = parameters.read('since', prometheusDurationOf, 'a duration such as 15m') ?? hourNano
  const end = parameters.read('end', anyTimeOf, form) ?? nowNano
  const start = parameters.read('start', anyTimeOf, form) ?? (end < nowNano ? end : nowNano) - since
  if (end <= start) {
    throw refused(
      'end',
      parameters.text('end') ?? 'now',
      `it must be after start (${parameters.text('start') ?? start})`,
    )
  }
  return { start, end }
}

/** With `start` and `end` on whole steps, so that the same steps are asked for again when the range moves on. */
export function steppedRange(
  parameters: Parameters,
  { start, end }: MetricsRange,
): MetricsRange & { stepNano: bigint } {
  const step = parameters.read('step', stepOf, 'a duration such as 15s, or seconds')
  const stepNano = step === undefined || step === 0n ? usualStep(end - start) : step
  if ((end - start) / stepNano > stepsMax) {
    throw refused(
      'step',
      parameters.text('step') ?? '',
      `the range has more than ${stepsMax} of it: take a longer step`,
    )
  }
  return {
    start: start - (start % stepNano),
    end: end + ((stepNano - (end % stepNano)) % stepNano),
    stepNano,
  }
}

function stepOf(text: string): bigint | undefined {
  const nano = /^\d+(\.\d+)?$/.test(text) ? BigInt(Math.round(Number(text) * 1e9)) : goDurationOf(text)
  return nano === undefined || nano < 0n ? undefined : nano
}

const granularities = [hourNano, 5n * minuteNano, minuteNano, 15n * secondNano, 5n * secondNano, secondNano]
const samplesWanted = 240n

/** Some 240 samples, on a round step. */
function usualStep(range: bigint): bigint {
  const wanted = range / samplesWanted
  if (range < minuteNano) {
    const smallest = 50_000_000n
    return wanted > smallest ? wanted - (wanted % smallest) : smallest
  }
  const round = granularities.find((granularity) => wanted > granularity) ?? secondNano
  return wanted > round ? wanted - (wanted % round) : secondNano
}
