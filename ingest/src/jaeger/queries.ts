// What all of Jaeger's APIs (v1 and v3 over HTTP, v3 over gRPC) ask the store, with answers that know no protocol yet.
// Rejects with RequestFault and StoreFault.
import type { QuestionQueue } from '../query/question-queue.ts'
import { RequestFault } from '../faults.ts'
import type { TimeRange, TracesFound } from '../store/questions.ts'
import type { Store } from '../store/store.ts'
import { spanKind } from '../wire.ts'
import { traceSearchOf } from './trace-search.ts'
import type { JaegerSearch } from './trace-search.ts'

/** Jaeger's page waits ten seconds for an answer: what is found until then is better than none. */
const searchMs = 8_000

export type JaegerParts = { store: Store; queue: QuestionQueue }

export type JaegerOperation = { name: string; spanKind: string }
export type JaegerDependency = { parent: string; child: string; callCount: bigint }

export type JaegerQueries = {
  services(): Promise<string[]>
  /** By name, then kind; of one kind where it is given. Of spans without a kind it is `unspecifiedKind`. */
  operations(service: string, kind: string | undefined, unspecifiedKind: string): Promise<JaegerOperation[]>
  search(search: JaegerSearch, signal: AbortSignal): Promise<TracesFound>
  /** Between services, added up over sources and kinds of edges; by parent, then child. */
  dependencies(range: TimeRange): Promise<JaegerDependency[]>
}

export function createJaegerQueries({ store, queue }: JaegerParts): JaegerQueries {
  return {
    services: async () => (await store.services()).map(({ name }) => name),
    async operations(service, kind, unspecifiedKind) {
      const wanted =
        kind === undefined || kind === '' ? undefined : spanKind.safeParse(kind.toUpperCase()).data
      if (wanted === undefined && kind !== undefined && kind !== '') return []
      const operations = await store.operations(service)
      return operations.flatMap(({ name, kinds }) =>
        kinds
          .filter((each) => wanted === undefined || each === wanted)
          .map((each) => ({ name, spanKind: each === 'UNSPECIFIED' ? unspecifiedKind : each.toLowerCase() }))
          .sort((a, b) => (a.spanKind < b.spanKind ? -1 : 1)),
      )
    },
    search(search, signal) {
      const question = traceSearchOf(search)
      return queue.take(signal, (budget) =>
        store.search({ ...question, budget: { ...budget, ms: Math.min(budget.ms, searchMs) } }),
      )
    },
    async dependencies(range) {
      const edges = new Map<string, JaegerDependency>()
      const { dependencies } = await store.dependencies(range)
      for (const { client, server, calls } of dependencies) {
        const key = JSON.stringify([client, server])
        const edge = edges.get(key) ?? { parent: client, child: server, callCount: 0n }
        edge.callCount += BigInt(calls)
        edges.set(key, edge)
      }
      return [...edges].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge)
    },
  }
}

export function unknownTrace(traceId: string): RequestFault {
  return new RequestFault('trace_unknown', `trace not found: no span of ${traceId} is stored here`)
}
