// Span metrics and the service graph of a sequence of blocks. In: blocks in the order in which they were stored, with
// their times; out: series. The same sequence gives the same, also when it is interrupted, saved (state.ts) and taken up
// again. Times are Unix milliseconds, of when spans were stored.
import type { TraceSource } from '../wire.ts'
import type { CountedSpans } from './counted-spans.ts'
import { dimensionsOf } from './dimensions.ts'
import { EdgeCounter } from './edge-counter.ts'
import { countEdges } from './edge-spans.ts'
import { SpanCounter } from './span-counter.ts'
import type { SpanBodies } from './span-bodies.ts'

export type SpanMetricsSettings = {
  /** Spans of these count. */
  sources: readonly TraceSource[]
  /** Of span metrics and of the service graph each. */
  seriesMax: number
  /** A series that nothing was added to for so long is forgotten. */
  expiryMs: number
  /** Ends of edges. */
  waitingMax: number
  /** Attributes that become labels of span metrics. */
  dimensions: readonly string[]
}

/** How long one end of an edge waits for the other. */
export const edgeWaitMs = 10_000
/** Series are looked through so often. */
const expireEveryMs = 60_000

export type CountedBlock = {
  spans: CountedSpans
  /** Spans before it were counted already. */
  from: number
  storedMs: number
  bodies: SpanBodies
  mayTellCaller: () => boolean
}

export class SpanMetrics {
  readonly settings: SpanMetricsSettings
  readonly spans: SpanCounter
  readonly edges: EdgeCounter
  readonly #sources: number
  /** Of the latest block, or of now where there are no more. Never goes back. */
  clockMs = 0
  expiredMs = 0
  /** When counting began. */
  sinceMs = 0
  /** Of all time; ignored: of other sources. */
  readonly counted = { counted: 0, ignored: 0 }

  /** `sources`: bit n, the n-th source counts. */
  constructor(settings: SpanMetricsSettings, sources: number) {
    this.settings = settings
    this.#sources = sources
    const { seriesMax, waitingMax } = settings
    this.spans = new SpanCounter(seriesMax)
    this.edges = new EdgeCounter({ seriesMax, waitingMax, waitMs: edgeWaitMs })
  }

  count({ spans, from, storedMs, bodies, mayTellCaller }: CountedBlock): void {
    this.advance(storedMs)
    const shared = { spans, from, sources: this.#sources, nowMs: this.clockMs }
    const dimensions = dimensionsOf(this.settings.dimensions, bodies)
    const counted = this.spans.count({ ...shared, dimensions, sizeOf: bodies.size })
    this.counted.counted += counted
    this.counted.ignored += spans.spanCount - from - counted
    countEdges(this.edges, { ...shared, bodies, mayTellCaller })
  }

  /** Time goes on without spans. True where that changed something. */
  advance(nowMs: number): boolean {
    if (nowMs <= this.clockMs) return false
    if (this.sinceMs === 0) this.sinceMs = nowMs
    this.clockMs = nowMs
    let changed = this.edges.advance(nowMs) > 0
    if (nowMs - this.expiredMs >= expireEveryMs) {
      this.expiredMs = nowMs
      const before = this.spans.series.size + this.edges.series.size
      this.spans.expire(nowMs - this.settings.expiryMs)
      this.edges.series.expire(nowMs - this.settings.expiryMs)
      changed ||= this.spans.series.size + this.edges.series.size < before
    }
    return changed
  }
}
