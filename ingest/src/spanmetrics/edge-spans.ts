// Finds the ends of edges in one block and pairs them: with each other where both are here, which takes no look-up, else
// with what waits. In: a block's columns from some span on; out: calls of the edge counter.
import { isRoot, kindOf, statusOf } from '../otlp/span-heads.ts'
import { errorStatus, halvesOf, kind, parentElsewhere, parentNone } from './counted-spans.ts'
import type { CountedSpans } from './counted-spans.ts'
import { connection, outsideClient, pairNames } from './edge-counter.ts'
import type { CountedEdge, EdgeCounter } from './edge-counter.ts'
import type { EdgeNames } from './edge-totals.ts'
import { fingerprint } from './fingerprints.ts'
import type { Fingerprint } from './fingerprints.ts'
import { calledPeer, callingPeer, peerKeys } from './peer.ts'
import type { SpanBodies } from './span-bodies.ts'
import type { End } from './waiting-ends.ts'

export type EdgeBlock = {
  spans: CountedSpans
  /** Spans before it were counted already. */
  from: number
  /** Bit n: the n-th source counts. */
  sources: number
  bodies: SpanBodies
  /** False: no span of the block says who called it. */
  mayTellCaller: () => boolean
  nowMs: number
}

const isServerKind = (found: number): boolean => found === kind.server || found === kind.consumer
const isClientKind = (found: number): boolean => found === kind.client || found === kind.producer

const isMessagingSpan = ({ flags }: CountedSpans, span: number): boolean =>
  kindOf(flags[span] ?? 0) >= kind.producer

export function countEdges(counter: EdgeCounter, block: EdgeBlock): void {
  const walk = new Walk(counter, block)
  walk.servers()
  walk.clients()
}

class Walk {
  readonly #counter: EdgeCounter
  readonly #block: EdgeBlock
  readonly #traceIds: Uint32Array
  readonly #spanIds: Uint32Array
  readonly #parentIds: Uint32Array
  readonly #start: Uint32Array
  readonly #duration: Uint32Array
  /** Clients whose servers were found. */
  readonly #paired: Uint8Array
  /** That were met in this block, by numbers of their own. */
  readonly #edges = new Map<number, CountedEdge>()
  readonly #edge: Fingerprint = { high: 0, low: 0 }
  /** Asked once a block. */
  #mayTellCaller: boolean | undefined

  constructor(counter: EdgeCounter, block: EdgeBlock) {
    const { spans } = block
    this.#counter = counter
    this.#block = block
    this.#traceIds = halvesOf(spans.traceIds)
    this.#spanIds = halvesOf(spans.spanId)
    this.#parentIds = halvesOf(spans.parentIds)
    this.#start = halvesOf(spans.start)
    this.#duration = halvesOf(spans.duration)
    this.#paired = new Uint8Array(spans.spanCount)
  }

  servers(): void {
    const { spans, from } = this.#block
    let elsewhere = 0
    for (let span = 0; span < spans.spanCount; span++) {
      const parent = spans.parent[span] ?? parentNone
      const parentId = parent === parentElsewhere ? elsewhere++ : -1
      if (span < from || !isServerKind(kindOf(spans.flags[span] ?? 0)) || !this.#counts(span)) continue
      if (isRoot(spans.flags[span] ?? 0)) this.#root(span)
      else if (parentId >= 0) this.#meet(span, this.#parentIds, parentId)
      else this.#below(span, span - parent)
    }
  }

  clients(): void {
    const { spans, from } = this.#block
    const { waiting, outcomes } = this.#counter
    for (let span = from; span < spans.spanCount; span++) {
      if (this.#paired[span] === 1 || !isClientKind(kindOf(spans.flags[span] ?? 0))) continue
      if (!this.#counts(span)) continue
      // Where very much comes nearly all are such, and to look for each would cost more than all else.
      if (waiting.servers === 0 && waiting.isFull) outcomes.dropped++
      else this.#meet(span, this.#spanIds, span)
    }
  }

  /** Its parent's id is that of a span in this block. */
  #below(span: number, parent: number): void {
    const { spans, from } = this.#block
    // Ids of spans are only unique within their trace.
    if (parent < from || spans.trace[span] !== spans.trace[parent]) {
      this.#meet(span, this.#spanIds, parent)
      return
    }
    if (!isClientKind(kindOf(spans.flags[parent] ?? 0)) || !this.#counts(parent)) return
    const edge = this.#fingerprint(span, this.#spanIds, parent)
    if (this.#counter.remembered.has(edge)) return
    // One of the two may wait already, and have been sent again; of several servers the first to come counts.
    const waiting = this.#counter.waiting.get(edge)
    if (waiting !== undefined) this.#counter.waiting.delete(waiting)
    if (waiting === undefined || waiting.isClient) this.#pair(parent, span)
    else this.#counter.countPair(this.#end(parent), waiting, this.#block.nowMs)
    this.#counter.remembered.add(edge)
    this.#paired[parent] = 1
  }

  /** With the other end of the edge of this client's span, which is elsewhere or will come. */
  #meet(span: number, ids: Uint32Array, id: number): void {
    const edge = this.#fingerprint(span, ids, id)
    const { remembered, waiting } = this.#counter
    if (remembered.has(edge)) return
    const other = waiting.get(edge)
    const isClient = isClientKind(kindOf(this.#block.spans.flags[span] ?? 0))
    if (other === undefined) {
      this.#wait(span, { ...edge }, isClient)
    } else if (other.isClient !== isClient) {
      waiting.delete(other)
      const [client, server] = isClient ? [this.#end(span), other] : [other, this.#end(span)]
      this.#counter.countPair(client, server, this.#block.nowMs)
      remembered.add(edge)
    }
  }

  #wait(span: number, edge: Fingerprint, isClient: boolean): void {
    const { bodies, nowMs } = this.#block
    // Its attributes are not looked for in vain.
    const isUseful = isClient && !this.#counter.waiting.isFull
    const peer = isUseful ? calledPeer(bodies.attributes(span, peerKeys)) : undefined
    const traceId = isUseful ? this.#traceId(span) : ''
    this.#counter.wait({
      ...this.#end(span),
      edge,
      peer,
      traceId: () => traceId,
      untilMs: nowMs + this.#counter.waitMs,
    })
  }

  #root(span: number): void {
    // No client's span has its own id, so that both may be remembered together.
    const edge = this.#fingerprint(span, this.#spanIds, span)
    const { remembered } = this.#counter
    if (remembered.has(edge)) return
    remembered.add(edge)
    const { bodies, mayTellCaller, nowMs } = this.#block
    this.#mayTellCaller ??= mayTellCaller()
    const caller = this.#mayTellCaller ? callingPeer(bodies.attributes(span, peerKeys)) : undefined
    if (caller === undefined) this.#addTo(this.#outsideEdge(span), span, span)
    else this.#addTo(this.#counter.edge(this.#virtualNames(caller, span), nowMs), span, span)
    this.#counter.outcomes.virtual++
  }

  /** Both are in this block. */
  #pair(client: number, server: number): void {
    const { spans, nowMs } = this.#block
    const isMessaging = isMessagingSpan(spans, client) || isMessagingSpan(spans, server)
    const [clientService, serverService] = [spans.service[client] ?? 0, spans.service[server] ?? 0]
    const source = spans.source[server] ?? 0
    const place = ((clientService * 2 ** 15 + serverService) * 2 + Number(isMessaging)) * 8 + source
    let edge = this.#edges.get(place)
    if (edge === undefined) {
      const [from = '', to = ''] = [spans.services[clientService], spans.services[serverService]]
      edge = this.#counter.edge(pairNames(from, to, isMessaging, source), nowMs)
      this.#edges.set(place, edge)
    }
    this.#addTo(edge, client, server)
    this.#counter.outcomes.paired++
  }

  /** From outside to the service of this span. */
  #outsideEdge(span: number): CountedEdge {
    const { spans, nowMs } = this.#block
    const place = -1 - ((spans.service[span] ?? 0) * 8 + (spans.source[span] ?? 0))
    let edge = this.#edges.get(place)
    if (edge === undefined) {
      edge = this.#counter.edge(this.#virtualNames(outsideClient, span), nowMs)
      this.#edges.set(place, edge)
    }
    return edge
  }

  #virtualNames(client: string, span: number): EdgeNames {
    const { spans } = this.#block
    const server = spans.services[spans.service[span] ?? 0] ?? ''
    return { client, server, connection: connection.virtual, source: spans.source[span] ?? 0 }
  }

  /** The two may be one. */
  #addTo(edge: CountedEdge, client: number, server: number): void {
    const failed = (span: number): boolean => statusOf(this.#block.spans.flags[span] ?? 0) === errorStatus
    edge.add({
      startNano: this.#startNano(server),
      serverNano: this.#durationNano(server),
      clientNano: this.#durationNano(client),
      failed: failed(client) || failed(server),
      traceId: () => this.#traceId(server),
    })
  }

  #counts(span: number): boolean {
    return (this.#block.sources & (1 << (this.#block.spans.source[span] ?? 0))) !== 0
  }

  #fingerprint(span: number, ids: Uint32Array, id: number): Fingerprint {
    return fingerprint(this.#traceIds, this.#block.spans.trace[span] ?? 0, ids, id, this.#edge)
  }

  #end(span: number): End {
    const { spans } = this.#block
    const flags = spans.flags[span] ?? 0
    const found = kindOf(flags)
    return {
      edge: this.#edge,
      isClient: isClientKind(found),
      service: spans.services[spans.service[span] ?? 0] ?? '',
      source: spans.source[span] ?? 0,
      startNano: this.#startNano(span),
      durationNano: this.#durationNano(span),
      failed: statusOf(flags) === errorStatus,
      isMessaging: isMessagingSpan(spans, span),
      peer: undefined,
      traceId: () => this.#traceId(span),
      untilMs: 0,
    }
  }

  #startNano(span: number): number {
    return (this.#start[span * 2] ?? 0) + (this.#start[span * 2 + 1] ?? 0) * 2 ** 32
  }

  /** Ends before starts count as no time. */
  #durationNano(span: number): number {
    const high = this.#duration[span * 2 + 1] ?? 0
    return high >= 2 ** 31 ? 0 : (this.#duration[span * 2] ?? 0) + high * 2 ** 32
  }

  #traceId(span: number): string {
    const at = (this.#block.spans.trace[span] ?? 0) * 16
    return Buffer.from(this.#block.spans.traceIds.subarray(at, at + 16)).toString('hex')
  }
}
