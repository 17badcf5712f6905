// What the service counts, for Prometheus: its counters, refusals by code, spans by endpoint and source, bytes held, and
// the process's own figures. Values are read where they are kept when somebody asks; nothing is counted twice.
import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { KeyRing } from './access/key-ring.ts'
import type { Audit } from './audit/audit.ts'
import { counters as countersShape } from './counters.ts'
import type { Counters } from './counters.ts'
import type { RequestFaultCode } from './faults.ts'
import { addDestinationMetrics } from './forward/metrics.ts'
import type { DestinationMetricsParts } from './forward/metrics.ts'
import { openMetricsOf } from './open-metrics.ts'
import type { Admission } from './receive/admission.ts'
import { contentTypes, formatOf, waitMsOf } from './spanmetrics/scrape.ts'
import type { SpanMetricsStore } from './store/span-metrics-store.ts'
import type { Tails } from './tail/tails.ts'
import type { Endpoints } from './tag/endpoint.ts'

const prefix = 'probespan_ingest_'

export type Metered = {
  counters: Counters
  refusals: ReadonlyMap<RequestFaultCode, number>
  endpoints: Pick<Endpoints, 'list'>
  admission: Pick<Admission, 'heldBytes'>
  /** Undefined: queries are not audited. */
  audit: Pick<Audit, 'failure'> | undefined
  tails: Pick<Tails, 'count'>
}

export type MetricsRoutesParts = {
  metered: Metered
  destinations: DestinationMetricsParts
  store: Pick<SpanMetricsStore, 'spanMetricsText'>
  keys: KeyRing
}

/** Needs a key that may read, as the counters of the API do. */
export async function metricsRoutes(
  app: FastifyInstance,
  { metered, destinations, store, keys }: MetricsRoutesParts,
): Promise<void> {
  const registry = createRegistry(metered)
  addDestinationMetrics(registry, prefix, destinations)
  app.get('/metrics', async (request, reply) => {
    keys.grantOf(request.headers, 'read')
    const format = formatOf(request.headers.accept)
    const waitMs = waitMsOf(request.headers['x-prometheus-scrape-timeout-seconds'])
    const fromSpans = await store.spanMetricsText(format, waitMs)
    const own = await registry.metrics()
    const isOpen = format === 'openmetrics'
    const text = Buffer.concat([
      Buffer.from(isOpen ? openMetricsOf(own) : own),
      fromSpans ?? Buffer.alloc(0),
      Buffer.from(isOpen ? '# EOF\n' : ''),
    ])
    return reply.header('content-type', contentTypes[format]).send(text)
  })
}

function createRegistry({ counters, refusals, endpoints, admission, audit, tails }: Metered): Registry {
  const registers = [new Registry()] as const
  collectDefaultMetrics({ register: registers[0] })
  for (const name of countersShape.keyof().options) {
    const counter = new Counter({
      name: `${prefix}${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`,
      help: countersShape.shape[name].description ?? name,
      registers: [...registers],
      collect() {
        counter.reset()
        counter.inc(counters[name])
      },
    })
  }
  const refused = new Counter({
    name: `${prefix}refusals_total`,
    help: 'Requests refused, by the code of the error',
    labelNames: ['code'],
    registers: [...registers],
    collect() {
      refused.reset()
      for (const [code, count] of refusals) refused.inc({ code }, count)
    },
  })
  const spans = new Counter({
    name: `${prefix}endpoint_spans_total`,
    help: 'Spans stored, by service.namespace of their resource and by trace_source',
    labelNames: ['endpoint', 'source'],
    registers: [...registers],
    collect() {
      spans.reset()
      for (const { name, sources } of endpoints.list()) {
        for (const { source, spans: count } of sources) spans.inc({ endpoint: name, source }, count)
      }
    },
  })
  const held = new Gauge({
    name: `${prefix}held_bytes`,
    help: 'Bytes of requests that are under way: received, unpacked, or waiting to be durable',
    registers: [...registers],
    collect(): void {
      held.set(admission.heldBytes)
    },
  })
  const failing = new Gauge({
    name: `${prefix}audit_failing`,
    help: '1 while lines of the audit cannot be written',
    registers: [...registers],
    collect(): void {
      failing.set(audit?.failure() === undefined ? 0 : 1)
    },
  })
  const openTails = new Gauge({
    name: `${prefix}tails_open`,
    help: 'Readers of live tails',
    registers: [...registers],
    collect(): void {
      openTails.set(tails.count)
    },
  })
  return registers[0]
}
