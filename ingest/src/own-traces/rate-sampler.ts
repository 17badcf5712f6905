// Which traces begin: as long as the spans of a second are not used up. A trace is taken or left as a whole, so the rate
// may be passed by one trace's spans, and the next ones wait until that is made up for.
import { SamplingDecision } from '@opentelemetry/sdk-trace-base'
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace-base'
import { createRateBucket } from '../access/rate-bucket.ts'

export type RateSampler = Sampler & {
  /** A span has ended. */
  charge(): void
}

const taken: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED }
const left: SamplingResult = { decision: SamplingDecision.NOT_RECORD }

export function createRateSampler(
  spansPerS: number,
  onLeft: () => void,
  nowMs: () => number = () => performance.now(),
): RateSampler {
  const bucket = createRateBucket(spansPerS, nowMs())
  return {
    shouldSample() {
      if (bucket.waitMs(nowMs()) === 0) return taken
      onLeft()
      return left
    },
    charge: () => bucket.take(1, nowMs()),
    toString: () => `RateSampler{${spansPerS}/s}`,
  }
}
