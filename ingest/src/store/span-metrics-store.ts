// What the store tells of the spans it holds as metrics: part of store.ts's interface. Where span metrics are switched off
// nothing is counted, and there are no dependencies.
import type { Format } from '../spanmetrics/text.ts'

/**
 * All spans that were durable when it was asked are counted, or as many as can be within `waitMs`. What was told once is
 * durable: after a restart, or a crash, everything goes on from there. Rejects with StoreFault `metrics_not_ready` while
 * what was stored before the start is not counted yet.
 */
export type SpanMetricsStore = {
  /** For a scraper; undefined where they are switched off. */
  spanMetricsText(format: Format, waitMs: number): Promise<Uint8Array | undefined>
  /** The same as OTLP requests of metrics, cumulative. */
  spanMetricsOtlp(waitMs: number): Promise<Uint8Array[] | undefined>
}
