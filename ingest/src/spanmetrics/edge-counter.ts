// Pairs the two ends of calls between services and counts them: the service graph. In: blocks of spans in the order in
// which they were stored, and their time; out: series and totals by minute. Deterministic: the same blocks give the same.
import { edgeKey, EdgeTotals } from './edge-totals.ts'
import type { EdgeNames } from './edge-totals.ts'
import { EdgeSeries, SeriesTable } from './series.ts'
import { RememberedEdges } from './remembered-edges.ts'
import { WaitingEnds } from './waiting-ends.ts'
import type { End } from './waiting-ends.ts'

export const connection = {
  call: '',
  virtual: 'virtual_node',
  messaging: 'messaging_system',
  database: 'database',
} as const

/** The client of a call that comes from outside of what is traced. */
export const outsideClient = 'user'
/** In the dependency graph: edges beyond the bound. */
const overflowEdge: EdgeNames = {
  client: '(overflow)',
  server: '(overflow)',
  connection: connection.call,
  source: 0,
}

export type EdgeLimits = { seriesMax: number; waitingMax: number; waitMs: number }

/** One end of an edge as it is counted. */
export type Side = Pick<End, 'startNano' | 'durationNano' | 'failed' | 'traceId'>

export class EdgeCounter {
  readonly series: SeriesTable<EdgeSeries>
  readonly totals = new EdgeTotals()
  readonly waiting: WaitingEnds
  readonly remembered = new RememberedEdges()
  readonly waitMs: number
  /** What became of ends, of all time. */
  readonly outcomes = { paired: 0, virtual: 0, alone: 0, dropped: 0 }

  constructor({ seriesMax, waitingMax, waitMs }: EdgeLimits) {
    this.waitMs = waitMs
    this.series = new SeriesTable(seriesMax, (labels, startMs) => new EdgeSeries(labels, startMs))
    this.waiting = new WaitingEnds(waitingMax)
  }

  /** Before what came at this time: who has waited long enough is counted alone. Gives how many that were. */
  advance(nowMs: number): number {
    const alone = this.waiting.takeUntil(nowMs)
    for (const end of alone) this.#countAlone(end, nowMs)
    this.remembered.forget(nowMs, this.waitMs)
    return alone.length
  }

  /** The two ends of a call, whichever came first. */
  countPair(client: End, server: End, nowMs: number): void {
    const names = {
      client: client.service,
      server: server.service,
      connection: client.isMessaging || server.isMessaging ? connection.messaging : connection.call,
      source: server.source,
    }
    const failed = client.failed || server.failed
    this.count(names, { ...server, failed }, client.durationNano, nowMs)
    this.outcomes.paired++
  }

  /** `side` is the server's, or the only one's; `clientNano` is how long it was for the client. */
  count(names: EdgeNames, side: Side, clientNano: number, nowMs: number): void {
    const { durationNano, failed, startNano } = side
    const key = edgeKey(names)
    const labelsOf = (): string[] => [names.client, names.server, names.connection, String(names.source)]
    const series = this.series.at(key, labelsOf, 1, nowMs)
    const isOverflow = series === this.series.overflow
    if (failed) series.failed++
    const bucket = series.server.observe(durationNano)
    if (series.server.wantsExemplar(bucket, nowMs)) {
      series.server.exemplars[bucket] = {
        traceId: side.traceId(),
        seconds: durationNano / 1e9,
        unixMs: nowMs,
      }
    }
    series.client.observe(clientNano)
    if (isOverflow) this.totals.add(edgeKey(overflowEdge), overflowEdge, startNano, durationNano, failed)
    else this.totals.add(key, names, startNano, durationNano, failed)
  }

  /** Of a root span on the server's side: nobody who is traced called it. */
  countRoot(end: End, caller: string | undefined, nowMs: number): void {
    const names = {
      client: caller ?? outsideClient,
      server: end.service,
      connection: connection.virtual,
      source: end.source,
    }
    this.count(names, end, end.durationNano, nowMs)
    this.outcomes.virtual++
  }

  /** False: too many wait, and it will not be counted. */
  wait(end: End): boolean {
    if (this.waiting.isFull) {
      this.outcomes.dropped++
      return false
    }
    this.waiting.add(end)
    return true
  }

  #countAlone(end: End, nowMs: number): void {
    if (end.peer === undefined) {
      this.outcomes.alone++
      return
    }
    this.remembered.add(end.edge)
    const { name, isDatabase } = end.peer
    const names = {
      client: end.service,
      server: name,
      connection: isDatabase ? connection.database : connection.virtual,
      source: end.source,
    }
    this.count(names, end, end.durationNano, nowMs)
    this.outcomes.virtual++
  }
}
