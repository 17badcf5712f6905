// What the service did since it started: plain numbers that its parts add to and `GET /api/counters` shows.
import { z } from 'zod'

const count = z.int().min(0)

export const counters = z.object({
  /** Trace requests answered 200. */
  requestsAccepted: count,
  requestsRefused: count,
  spansStored: count,
  /** Spans that broke a rule, reported to their sender as partial success. */
  spansRejected: count,
  /** Requests of other signals, answered as accepted and not kept. */
  metricsDiscarded: count,
  logsDiscarded: count,
  spansForwarded: count,
  /** Spans that the destination refused for good. */
  spansUnforwardable: count,
  forwardRetries: count,
})
export type Counters = z.infer<typeof counters>

export function zeroCounters(): Counters {
  return {
    requestsAccepted: 0,
    requestsRefused: 0,
    spansStored: 0,
    spansRejected: 0,
    metricsDiscarded: 0,
    logsDiscarded: 0,
    spansForwarded: 0,
    spansUnforwardable: 0,
    forwardRetries: 0,
  }
}
