// Pairs the two ends of calls between services and counts them: the service graph. In: blocks of spans in the order in
// which they were stored, and their time; out: series and totals by minute. Deterministic: the same blocks give the same.
import { edgeKey, EdgeTotals, minuteOf } from './edge-totals.ts'
import type { EdgeNames, MinuteTotal } from './edge-totals.ts'
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
    const isMessaging = client.isMessaging || server.isMessaging
    this.edge(pairNames(client.service, server.service, isMessaging, server.source), nowMs).add({
      startNano: server.startNano,
      serverNano: server.durationNano,
      clientNano: client.durationNano,
      failed: client.failed || server.failed,
      traceId: server.traceId,
    })
    this.outcomes.paired++
  }

  /** To count calls of one edge. To be used for one block: what it adds to is saved and forgotten between blocks. */
  edge(names: EdgeNames, nowMs: number): CountedEdge {
    return new CountedEdge(this, names, nowMs)
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
    const { service, source, startNano, durationNano, failed, traceId } = end
    const type = isDatabase ? connection.database : connection.virtual
    const names = { client: service, server: name, connection: type, source }
    // How long it took there nobody says: as long as it took from here.
    const call = { startNano, serverNano: durationNano, clientNano: durationNano, failed, traceId }
    this.edge(names, nowMs).add(call)
    this.outcomes.virtual++
  }
}

export const pairNames = (
  client: string,
  server: string,
  isMessaging: boolean,
  source: number,
): EdgeNames => ({ client, server, connection: isMessaging ? connection.messaging : connection.call, source })

/** `startNano` is the server's, or the only one's. */
export type Call = {
  startNano: number
  serverNano: number
  clientNano: number
  failed: boolean
  /** Hex. Only a few are asked for. */
  traceId: () => string
}

export class CountedEdge {
  readonly #counter: EdgeCounter
  readonly #nowMs: number
  readonly #key: string
  readonly #names: EdgeNames
  readonly #series: EdgeSeries
  readonly #isOverflow: boolean
  #total: MinuteTotal | undefined

  constructor(counter: EdgeCounter, names: EdgeNames, nowMs: number) {
    const labelsOf = (): string[] => [names.client, names.server, names.connection, String(names.source)]
    this.#counter = counter
    this.#nowMs = nowMs
    this.#series = counter.series.at(edgeKey(names), labelsOf, 0, nowMs)
    this.#isOverflow = this.#series === counter.series.overflow
    this.#names = this.#isOverflow ? overflowEdge : names
    this.#key = edgeKey(this.#names)
  }

  add({ startNano, serverNano, clientNano, failed, traceId }: Call): void {
    const series = this.#series
    if (this.#isOverflow) this.#counter.series.overflowed++
    if (failed) series.failed++
    const bucket = series.server.observe(serverNano)
    if (series.server.wantsExemplar(bucket, this.#nowMs)) {
      series.server.exemplars[bucket] = {
        traceId: traceId(),
        seconds: serverNano / 1e9,
        unixMs: this.#nowMs,
      }
    }
    series.client.observe(clientNano)
    const minute = minuteOf(startNano)
    if (this.#total?.minute !== minute) {
      this.#total = this.#counter.totals.at(this.#key, this.#names, minute)
    }
    this.#total.add(serverNano, failed)
  }
}
