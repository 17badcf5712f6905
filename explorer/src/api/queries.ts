// What the pages ask of ingest, as TanStack queries: the list of traces, one trace, the services.
import type { ServicesAnswer, TraceAnswer, TracesAnswer } from '@probespan/ingest/wire'
import {
  infiniteQueryOptions,
  type InfiniteData,
  keepPreviousData,
  QueryClient,
  queryOptions,
} from '@tanstack/react-query'
import { isFiltered, tracesPath, type ListSearch } from '../list/search.ts'
import { ApiFailure, getAnswer } from './client.ts'

const liveIntervalMs = 2_000
/** A page's cursor; the first has none. */
const firstPage: string | undefined = undefined

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // A failure is shown at once, with a button to try again, rather than after silent retries.
        retry: false,
        // Ingest mostly runs on this machine: being offline says nothing about reaching it.
        networkMode: 'always',
        staleTime: liveIntervalMs,
      },
    },
  })
}

/** Page by page; the time range is counted from the moment of each request, so that a live list moves on. */
export function tracesQuery(search: ListSearch) {
  const { live, ...filters } = search
  return infiniteQueryOptions({
    queryKey: ['traces', filters],
    queryFn: ({ signal, client, queryKey, pageParam }) => {
      const known = client.getQueryData<InfiniteData<TracesAnswer>>(queryKey)
      const again = known?.pageParams.includes(pageParam) === true
      return getAnswer(tracesPath(filters, Date.now(), pageParam), isTracesAnswer, signal, again)
    },
    initialPageParam: firstPage,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => {
      if (state.error instanceof ApiFailure && state.error.status === 401) return false
      // An empty store is being looked at by someone who waits for the first trace.
      const awaited = !isFiltered(filters) && state.data?.pages[0]?.traces.length === 0
      return live === true || awaited ? liveIntervalMs : false
    },
  })
}

export function traceQuery(traceId: string) {
  return queryOptions({
    queryKey: ['trace', traceId],
    queryFn: ({ signal }) => getAnswer(`/api/traces/${encodeURIComponent(traceId)}`, isTraceAnswer, signal),
  })
}

export function servicesQuery() {
  return queryOptions({
    queryKey: ['services'],
    queryFn: ({ signal }) => getAnswer('/api/services', isServicesAnswer, signal),
    staleTime: 10_000,
  })
}

function isTracesAnswer(body: unknown): body is TracesAnswer {
  return isObject(body) && 'traces' in body && Array.isArray(body.traces)
}

function isTraceAnswer(body: unknown): body is TraceAnswer {
  return isObject(body) && 'spans' in body && Array.isArray(body.spans)
}

function isServicesAnswer(body: unknown): body is ServicesAnswer {
  return isObject(body) && 'services' in body && Array.isArray(body.services)
}

function isObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null
}
