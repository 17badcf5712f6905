// What the API's description says of the paths that are not of the JSON API: those that take OTLP, health, metrics. Brief:
// their bodies are OpenTelemetry's to describe.
import { discardedPaths, tracePaths } from '../receive/routes.ts'

const otlp = (what: string) => ({
  post: {
    summary: `OTLP ${what}`,
    requestBody: {
      required: true,
      description: 'Plain, or compressed by gzip, deflate or zstd.',
      content: { 'application/x-protobuf': {}, 'application/json': {} },
    },
    responses: {
      200: { description: 'taken; of traces: they are durable' },
      default: {
        description: 'a google.rpc.Status in the encoding of the request; Retry-After where to come again',
        content: { 'application/x-protobuf': {}, 'application/json': {} },
      },
    },
  },
})

const each = (paths: readonly string[], item: object) =>
  Object.fromEntries(paths.map((path) => [path, structuredClone(item)]))

const open = (summary: string, responses: object) => ({ get: { summary, security: [], responses } })

export function otherPaths(): Record<string, object> {
  return {
    ...each(tracePaths, otlp('traces')),
    ...each(discardedPaths.metrics, otlp('metrics: answered as accepted, counted, not kept')),
    ...each(discardedPaths.logs, otlp('logs: answered as accepted, counted, not kept')),
    '/healthz': open('200 while it runs', { 200: { description: 'it runs' } }),
    '/readyz': open('whether it can take traces', {
      200: { description: 'it can' },
      503: { description: 'it cannot, for the reason told' },
    }),
    '/metrics': {
      get: {
        summary: 'counters for Prometheus',
        responses: { 200: { description: 'text that Prometheus reads', content: { 'text/plain': {} } } },
      },
    },
  }
}
