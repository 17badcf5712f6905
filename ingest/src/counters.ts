// What the service did since it started: plain numbers that its parts add to; `GET /api/counters` and
// `GET /metrics` show them.
import { z } from 'zod'

const count = z.int().min(0)

export const counters = z.object({
  requestsAccepted: count.describe('Trace requests that were taken'),
  requestsRefused: count.describe('Requests that were refused, of any signal'),
  spansStored: count.describe('Spans that are durable'),
  spansRejected: count.describe('Spans that broke a rule, told to their sender as partial success'),
  metricsDiscarded: count.describe('Metric requests, which are accepted and not kept'),
  logsDiscarded: count.describe('Log requests, which are accepted and not kept'),
  spansForwarded: count.describe('Spans that were passed on'),
  spansUnforwardable: count.describe('Spans that a destination refused for good'),
  spansSkipped: count.describe('Spans that a destination was too far behind to get'),
  forwardRetries: count.describe('Deliveries that have to be tried again'),
  ownSpans: count.describe("Spans of ingest's own requests and jobs that are durable"),
  ownSpansLeftOut: count.describe('Own requests and jobs that were not traced, since there were too many'),
  ownSpansLost: count.describe('Own spans that could not be stored'),
  tailSpans: count.describe('Spans that were told to readers of live tails'),
  tailSpansSkipped: count.describe('Spans that fitted a live tail and were too many for it'),
  tailsCutOff: count.describe('Readers of live tails that did not read'),
  auditLines: count.describe('Lines of the audit that were written'),
  auditLinesLost: count.describe('Lines of the audit that could not be written'),
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
    spansSkipped: 0,
    forwardRetries: 0,
    ownSpans: 0,
    ownSpansLeftOut: 0,
    ownSpansLost: 0,
    tailSpans: 0,
    tailSpansSkipped: 0,
    tailsCutOff: 0,
    auditLines: 0,
    auditLinesLost: 0,
  }
}
