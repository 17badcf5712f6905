// What ingest's own spans are called and how they are told from others: two scopes, one for requests and one for jobs.
// Others may claim these names, but only ingest's own exporter tags by them: what comes from outside is `otlp` (or what
// its key or a rule says), so that nobody can pose as the service itself.
import type { SourceRule } from './trace-source.ts'
import type { TraceSource } from '../wire.ts'

export const ownService = 'probespan-ingest'
export const requestScope = 'probespan-ingest/http'
export const jobScope = 'probespan-ingest/scheduler'

export const ownRules: readonly SourceRule[] = [
  { source: 'http', attribute: undefined, names: [requestScope] },
  { source: 'scheduler', attribute: undefined, names: [jobScope] },
]

/** Whether spans that were stored so are ingest's own, of this process or an earlier one. */
export function isOwn({ service, source }: { service: string; source: TraceSource }): boolean {
  return service === ownService && (source === 'http' || source === 'scheduler')
}
