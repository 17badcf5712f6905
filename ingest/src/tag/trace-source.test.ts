import { expect, test } from 'vitest'
import { traceSourceOf } from './trace-source.ts'
import type { SourceRule } from './trace-source.ts'

type Claims = Record<string, string>
const sourceOf = (claims: Claims, scopeName = 'my-tracer', rules: SourceRule[] = []) => {
  const resource = { 'service.name': 'shop', 'telemetry.sdk.name': 'opentelemetry', ...claims }
  return traceSourceOf({ attributes: new Map(Object.entries(resource)), scopeName }, rules)
}

const beyla = 'github.com/grafana/beyla'

test.each<[string, Claims, string]>([
  ['any SDK', {}, 'otlp'],
  ['Beyla 1 to 2', { 'otel.library.name': beyla, 'telemetry.sdk.name': 'beyla' }, 'beyla'],
  ['Beyla 3', { 'otel.scope.name': beyla }, 'beyla'],
  ['OBI', { 'otel.scope.name': 'go.opentelemetry.io/obi' }, 'beyla'],
  [
    'OBI, older',
    { 'otel.library.name': 'github.com/open-telemetry/opentelemetry-ebpf-instrumentation' },
    'beyla',
  ],
  ['Beyla, by its SDK name', { 'telemetry.sdk.name': 'beyla' }, 'beyla'],
  ['OBI, by its SDK name', { 'telemetry.sdk.name': 'opentelemetry-ebpf-instrumentation' }, 'beyla'],
  ['OBI 3, by its distribution', { 'telemetry.distro.name': 'opentelemetry-ebpf-instrumentation' }, 'beyla'],
  [
    'Beyla with an overridden SDK name',
    { 'otel.library.name': beyla, 'telemetry.sdk.name': 'mine' },
    'beyla',
  ],
  ['the bridge, by its SDK name', { 'telemetry.sdk.name': 'probespan' }, 'bpftrace'],
  ['the bridge, by its distribution', { 'telemetry.distro.name': 'probespan-bridge' }, 'bpftrace'],
  ['a service that is called beyla', { 'service.name': 'beyla' }, 'otlp'],
])('%s', (_who, claims, source) => {
  expect(sourceOf(claims)).toBe(source)
})

test('by the scope: Beyla 1.0, and the bridge', () => {
  expect(sourceOf({}, beyla)).toBe('beyla')
  expect(sourceOf({}, 'probespan-bridge')).toBe('bpftrace')
})

test('the own rules come first, in their order, and leave the rest to the standard ones', () => {
  const rules: SourceRule[] = [
    { source: 'http', attribute: 'service.name', names: ['dashboard', 'admin'] },
    { source: 'scheduler', attribute: undefined, names: ['cron'] },
    { source: 'otlp', attribute: 'otel.library.name', names: [beyla] },
  ]
  expect(sourceOf({ 'service.name': 'admin' }, 'cron', rules)).toBe('http')
  expect(sourceOf({}, 'cron', rules)).toBe('scheduler')
  expect(sourceOf({ 'otel.library.name': beyla }, '', rules)).toBe('otlp')
  expect(sourceOf({ 'otel.scope.name': beyla }, '', rules)).toBe('beyla')
})
