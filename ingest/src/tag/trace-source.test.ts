import { expect, test } from 'vitest'
import type { SenderClaims } from '../otlp/sender.ts'
import { traceSourceOf } from './trace-source.ts'

const nobody: SenderClaims = {
  serviceName: 'shop',
  libraryName: undefined,
  otelScopeName: undefined,
  sdkName: 'opentelemetry',
  distroName: undefined,
  scopeName: 'my-tracer',
}

test.each<[string, Partial<SenderClaims>, string]>([
  ['any SDK', {}, 'otlp'],
  ['Beyla 1 to 2', { libraryName: 'github.com/grafana/beyla', sdkName: 'beyla' }, 'beyla'],
  ['Beyla 3', { otelScopeName: 'github.com/grafana/beyla' }, 'beyla'],
  ['OBI', { otelScopeName: 'go.opentelemetry.io/obi' }, 'beyla'],
  ['OBI, older', { libraryName: 'github.com/open-telemetry/opentelemetry-ebpf-instrumentation' }, 'beyla'],
  ['Beyla 1.0, by its scope', { scopeName: 'github.com/grafana/beyla' }, 'beyla'],
  ['Beyla, by its SDK name', { sdkName: 'beyla' }, 'beyla'],
  ['OBI, by its SDK name', { sdkName: 'opentelemetry-ebpf-instrumentation' }, 'beyla'],
  ['OBI 3, by its distribution', { distroName: 'opentelemetry-ebpf-instrumentation' }, 'beyla'],
  [
    'Beyla with an overridden SDK name',
    { libraryName: 'github.com/grafana/beyla', sdkName: 'mine' },
    'beyla',
  ],
  ['the bridge, by its scope', { scopeName: 'probespan-bridge' }, 'bpftrace'],
  ['the bridge, by its SDK name', { sdkName: 'probespan' }, 'bpftrace'],
  ['the bridge, by its distribution', { distroName: 'probespan-bridge' }, 'bpftrace'],
  ['a service that is called beyla', { serviceName: 'beyla' }, 'otlp'],
])('%s', (_who, claims, source) => {
  expect(traceSourceOf({ ...nobody, ...claims })).toBe(source)
})
