// Says who sent a span, from what its resource and scope claim: the first rule that holds, the strongest first.
// Pure. Any sender can claim these names; a key that is bound to a source is what makes them certain.
import type { SenderClaims } from '../otlp/sender.ts'
import type { TraceSource } from '../wire.ts'

export type SourceRule = {
  source: TraceSource
  /** Of the resource; undefined: the scope's name is looked at. */
  attribute: string | undefined
  names: readonly string[]
}

// The instrumentation library's name under which Beyla 1 to 3 and OBI, its successor upstream, send.
const beylaLibraries = [
  'github.com/grafana/beyla',
  'go.opentelemetry.io/obi',
  'github.com/open-telemetry/opentelemetry-ebpf-instrumentation',
]

/** In order of strength. Beyla's SDK name can be overridden by the user, its library name cannot. */
export const standardRules: readonly SourceRule[] = [
  { source: 'beyla', attribute: 'otel.library.name', names: beylaLibraries },
  { source: 'beyla', attribute: 'otel.scope.name', names: beylaLibraries },
  { source: 'beyla', attribute: undefined, names: beylaLibraries },
  { source: 'bpftrace', attribute: undefined, names: ['probespan-bridge'] },
  { source: 'bpftrace', attribute: 'telemetry.sdk.name', names: ['probespan'] },
  { source: 'bpftrace', attribute: 'telemetry.distro.name', names: ['probespan-bridge'] },
  {
    source: 'beyla',
    attribute: 'telemetry.sdk.name',
    names: ['beyla', 'opentelemetry-ebpf-instrumentation'],
  },
  { source: 'beyla', attribute: 'telemetry.distro.name', names: ['opentelemetry-ebpf-instrumentation'] },
]

/** `ownRules` are the user's, which come before the standard ones. */
export function traceSourceOf(claims: SenderClaims, ownRules: readonly SourceRule[] = []): TraceSource {
  return firstFit(claims, ownRules) ?? firstFit(claims, standardRules) ?? 'otlp'
}

function firstFit(
  { attributes, scopeName }: SenderClaims,
  rules: readonly SourceRule[],
): TraceSource | undefined {
  return rules.find(({ attribute, names }) => {
    const claimed = attribute === undefined ? scopeName : attributes.get(attribute)
    return claimed !== undefined && names.includes(claimed)
  })?.source
}

/** The service of a span whose resource names none, as the OpenTelemetry SDKs call it. */
export const unknownService = 'unknown_service'
