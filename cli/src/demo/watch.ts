// New complete request traces, as ingest shows them. A request's own span ends after all that is inside it, and the
// bridge delivers in that order, so a trace that has its server span is whole.
import type { TraceAnswer } from '@probespan/ingest/wire'
import type { IngestAddress } from '../client/ask.ts'
import { findTraces, readTrace } from '../client/ingest-client.ts'

const newestMax = 200

export class TraceWatch {
  private readonly address: IngestAddress
  private readonly service: string
  private readonly seen = new Set<string>()

  constructor(address: IngestAddress, service: string) {
    this.address = address
    this.service = service
  }

  /** Complete traces that were not answered before, oldest first. */
  async next(): Promise<TraceAnswer[]> {
    const filter = { source: 'bpftrace', service: this.service, limit: newestMax }
    const found = await findTraces(this.address, filter)
    const fresh: TraceAnswer[] = []
    for (const { traceId } of found.reverse()) {
      if (this.seen.has(traceId)) continue
      const trace = await readTrace(this.address, traceId)
      if (!trace.spans.some((span) => span.kind === 'SERVER')) continue
      this.seen.add(traceId)
      fresh.push(trace)
    }
    return fresh
  }
}
