// The list's filters, as they stand in the address (`/?source=ebpf&range=1h`), in both directions, and the API path
// they ask for. What an address carries that is no filter is left out.
import type { SourceFilter } from '@probespan/ingest/wire'

export const ranges = { '15m': 15, '1h': 60, '6h': 6 * 60, '24h': 24 * 60 } as const
export type RangeName = keyof typeof ranges

export const limits = [50, 200, 1000] as const
export const limitDefault = 50
/** The API's own bounds. */
const limitMax = 1000

export const sourceLabels: Record<SourceFilter, string> = {
  ebpf: 'eBPF (Beyla + bpftrace)',
  bpftrace: 'bpftrace',
  beyla: 'Beyla',
  otlp: 'OpenTelemetry',
  http: 'HTTP requests',
  scheduler: 'Background jobs',
}

export type ListSearch = {
  source?: SourceFilter
  service?: string
  /** Absent: all times. */
  range?: RangeName
  /** Absent: 50. */
  limit?: number
  live?: true
}

/** Whether anything but the limit could be why a trace is not in the list. */
export function isFiltered(search: ListSearch): boolean {
  return search.source !== undefined || search.service !== undefined || search.range !== undefined
}

export function readListSearch(input: Record<string, unknown>): ListSearch {
  const { source, service, range } = input
  const limit = Number(input.limit)
  return {
    ...(isKeyOf(sourceLabels, source) ? { source } : {}),
    ...(typeof service === 'string' && service !== '' ? { service } : {}),
    ...(isKeyOf(ranges, range) ? { range } : {}),
    ...(Number.isInteger(limit) && limit >= 1 && limit <= limitMax && limit !== limitDefault
      ? { limit }
      : {}),
    ...(input.live === true || input.live === 'true' ? { live: true } : {}),
  }
}

/** `cursor`: of the answer after which it goes on. */
export function tracesPath(search: ListSearch, nowMs: number, cursor?: string): string {
  const query = new URLSearchParams({ limit: String(search.limit ?? limitDefault) })
  if (search.source !== undefined) query.set('source', search.source)
  if (search.service !== undefined) query.set('service', search.service)
  if (search.range !== undefined) {
    const startNs = (BigInt(nowMs) - BigInt(ranges[search.range]) * 60_000n) * 1_000_000n
    query.set('start', startNs.toString())
  }
  if (cursor !== undefined) query.set('cursor', cursor)
  return `/api/traces?${query}`
}

/** For the router: every value is text. Its own default reads "?span=0123456789012345" as a number and loses digits. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search))
}

export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      parameters.set(name, String(value))
    }
  }
  return parameters.size === 0 ? '' : `?${parameters}`
}

function isKeyOf<Names extends object>(names: Names, value: unknown): value is keyof Names {
  return typeof value === 'string' && Object.hasOwn(names, value)
}
