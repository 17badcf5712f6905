// What the demo, the tests and `probespan forward` ask a running ingest: newest traces, one trace, destinations. Throws
// AskError. The commands of ask/ ask the rest themselves.
import {
  forwardAnswer,
  refusedAnswer,
  setAsideAnswer,
  traceAnswer,
  tracesAnswer,
  type ForwardAnswer,
  type RefusedAnswer,
  type TraceAnswer,
  type TraceSummary,
} from '@probespan/ingest/wire'
import { ask, pathWith, type IngestAddress } from './ask.ts'

export type TracesFilter = {
  startUnixNano?: bigint
  endUnixNano?: bigint
  service?: string
  source?: string
  name?: string
  status?: string
  /** Nanoseconds, inclusive. */
  durationMin?: bigint
  durationMax?: bigint
  /** `key=value` each. */
  attributes?: readonly string[]
  limit?: number
}

export async function findTraces(address: IngestAddress, filter: TracesFilter): Promise<TraceSummary[]> {
  const { startUnixNano, endUnixNano, attributes, ...parameters } = filter
  const path = pathWith('/api/traces', {
    start: startUnixNano,
    end: endUnixNano,
    attribute: attributes,
    ...parameters,
  })
  return (await ask(address, path, tracesAnswer)).traces
}

export function readTrace(address: IngestAddress, traceId: string): Promise<TraceAnswer> {
  return ask(address, `/api/traces/${encodeURIComponent(traceId)}`, traceAnswer)
}

export async function destinations(address: IngestAddress): Promise<ForwardAnswer['destinations']> {
  return (await ask(address, '/api/forward', forwardAnswer)).destinations
}

/** Of one destination, oldest first: those after an id. */
export async function refusedBatches(
  address: IngestAddress,
  name: string,
  afterId: number,
  limit: number,
): Promise<RefusedAnswer['batches']> {
  const path = `/api/forward/${encodeURIComponent(name)}/refused?after=${afterId}&limit=${limit}`
  return (await ask(address, path, refusedAnswer)).batches
}

const changes = {
  replay: { method: 'POST', path: '/replay' },
  drop: { method: 'DELETE', path: '/refused' },
  forget: { method: 'DELETE', path: '' },
} as const

/** Of what was set aside one batch, or all; or the destination itself. Gives how many batches that were. */
export async function changeDestination(
  address: IngestAddress,
  name: string,
  change: keyof typeof changes,
  id?: number,
): Promise<number> {
  const { method, path: part } = changes[change]
  const path = `/api/forward/${encodeURIComponent(name)}${part}`
  const query = id === undefined ? '' : `?id=${id}`
  return (await ask(address, path + query, setAsideAnswer, method)).batches
}
