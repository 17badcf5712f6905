// Says who sent a span, from what its resource and scope claim: the first rule that holds, the strongest first.
// Pure. Any sender can claim these names; binding a key to a source is what would make them certain.
import type { SenderClaims } from '../otlp/sender.ts'
import type { TraceSource } from '../wire.ts'

type Rule = {
  source: TraceSource
  claim: keyof SenderClaims
  names: readonly string[]
}

// The instrumentation library's name under which Beyla 1 to 3 and OBI, its successor upstream, send.
const beylaLibraries = [
  'github.com/grafana/beyla',
  'go.opentelemetry.io/obi',
  'github.com/open-telemetry/opentelemetry-ebpf-instrumentation',
]

/** In order of strength. Beyla's SDK name can be overridden by the user, its library name cannot. */
export const sourceRules: readonly Rule[] = [
  { source: 'beyla', claim: 'libraryName', names: beylaLibraries },
  { source: 'beyla', claim: 'otelScopeName', names: beylaLibraries },
  { source: 'beyla', claim: 'scopeName', names: beylaLibraries },
  { source: 'bpftrace', claim: 'scopeName', names: ['probespan-bridge'] },
  { source: 'bpftrace', claim: 'sdkName', names: ['probespan'] },
  { source: 'bpftrace', claim: 'distroName', names: ['probespan-bridge'] },
  { source: 'beyla', claim: 'sdkName', names: ['beyla', 'opentelemetry-ebpf-instrumentation'] },
  { source: 'beyla', claim: 'distroName', names: ['opentelemetry-ebpf-instrumentation'] },
]

export function traceSourceOf(claims: SenderClaims): TraceSource {
  for (const rule of sourceRules) {
    const claimed = claims[rule.claim]
    if (claimed !== undefined && rule.names.includes(claimed)) return rule.source
  }
  return 'otlp'
}

/** The service of a span whose resource names none, as the OpenTelemetry SDKs call it. */
export const unknownService = 'unknown_service'
