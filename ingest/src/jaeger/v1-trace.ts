// A trace's spans to one trace of Jaeger's v1 API (`GET /api/traces/{id}`), as Jaeger's own translator from OTLP does it:
// https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/translator/jaeger. Times are Unix
// microseconds, cut off as Jaeger does. Pure. Clocks are not adjusted, as Jaeger does by default no more.
import type { Span } from '../wire.ts'
import { jaegerTags, stringTag } from './v1-tags.ts'
import type { JaegerTag } from './v1-tags.ts'

export type JaegerReference = { refType: 'CHILD_OF' | 'FOLLOWS_FROM'; traceID: string; spanID: string }
export type JaegerLog = { timestamp: number; fields: JaegerTag[] }
export type JaegerProcess = { serviceName: string; tags: JaegerTag[] }
export type JaegerSpan = {
  traceID: string
  spanID: string
  operationName: string
  references: JaegerReference[]
  startTime: number
  duration: number
  tags: JaegerTag[]
  logs: JaegerLog[]
  processID: string
  warnings: string[] | null
}
export type JaegerTrace = {
  traceID: string
  spans: JaegerSpan[]
  processes: Record<string, JaegerProcess>
  warnings: string[] | null
}

export function jaegerTrace(traceId: string, spans: readonly Span[]): JaegerTrace {
  const processes = new Processes()
  return {
    traceID: traceId,
    spans: spans.map((span) => jaegerSpan(span, processes.idOf(span))),
    processes: processes.byId,
    warnings: null,
  }
}

function jaegerSpan(span: Span, processID: string): JaegerSpan {
  const negative = span.durationNano.startsWith('-')
  return {
    traceID: span.traceId,
    spanID: span.spanId,
    operationName: span.name,
    references: referencesOf(span),
    startTime: microseconds(span.startUnixNano),
    // Its clients read a number that is not negative.
    duration: negative ? 0 : microseconds(span.durationNano),
    tags: tagsOf(span),
    logs: span.events.map(logOf),
    processID,
    warnings: negative ? [`the span ends before it starts: its duration is ${span.durationNano} ns`] : null,
  }
}

const microseconds = (nano: string): number => Number(BigInt(nano) / 1_000n)

/** The parent first: clients take the first CHILD_OF for it. A link to the parent only says how it is referred to. */
function referencesOf({ traceId, parentSpanId, links }: Span): JaegerReference[] {
  const references: JaegerReference[] = []
  if (parentSpanId !== undefined) {
    references.push({ refType: 'CHILD_OF', traceID: traceId, spanID: parentSpanId })
  }
  for (const link of links) {
    if (!/[^0]/.test(link.traceId) || !/[^0]/.test(link.spanId)) continue
    const type = link.attributes.find(({ key }) => key === 'opentracing.ref_type')?.value.stringValue
    const refType = type === 'child_of' ? 'CHILD_OF' : 'FOLLOWS_FROM'
    const [parent] = references
    if (parent !== undefined && link.traceId === traceId && link.spanId === parentSpanId) {
      parent.refType = refType
    } else references.push({ refType, traceID: link.traceId, spanID: link.spanId })
  }
  return references
}

function tagsOf({ scope, attributes, kind, status, traceState }: Span): JaegerTag[] {
  const tags: JaegerTag[] = []
  if (scope.name !== '') tags.push(stringTag('otel.scope.name', scope.name))
  if (scope.version !== '') tags.push(stringTag('otel.scope.version', scope.version))
  tags.push(...jaegerTags(attributes))
  if (kind !== 'UNSPECIFIED') tags.push(stringTag('span.kind', kind.toLowerCase()))
  if (status.code !== 'UNSET') tags.push(stringTag('otel.status_code', status.code))
  if (status.code === 'ERROR') tags.push({ key: 'error', type: 'bool', value: true })
  if (status.message !== undefined) tags.push(stringTag('otel.status_description', status.message))
  if (traceState !== undefined) tags.push(stringTag('w3c.tracestate', traceState))
  return tags
}

function logOf({ timeUnixNano, name, attributes }: Span['events'][number]): JaegerLog {
  const named = name === '' || attributes.some(({ key }) => key === 'event')
  const fields = jaegerTags(attributes)
  return {
    timestamp: microseconds(timeUnixNano),
    fields: named ? fields : [stringTag('event', name), ...fields],
  }
}

/** What is the same is one process: p1, p2 … in order of appearance. */
class Processes {
  readonly byId: Record<string, JaegerProcess> = {}
  readonly #ids = new Map<string, string>()
  /** Spans of one scope share the object, which saves writing it out. */
  readonly #known = new Map<Span['resource'], string>()

  idOf({ resource, service }: Span): string {
    const known = this.#known.get(resource)
    if (known !== undefined) return known
    const text = JSON.stringify([service, resource])
    const id = this.#ids.get(text) ?? `p${this.#ids.size + 1}`
    this.#ids.set(text, id)
    this.#known.set(resource, id)
    this.byId[id] ??= {
      serviceName: service,
      tags: jaegerTags(resource.attributes.filter(({ key }) => key !== 'service.name')),
    }
    return id
  }
}
