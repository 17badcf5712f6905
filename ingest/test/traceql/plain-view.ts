// A trace of plain objects as TraceQL's evaluation reads one.
import type { Field, Intrinsic, Query, Static } from '../../src/traceql/ast.ts'
import { createMeasurement } from '../../src/traceql/measure/measurement.ts'
import { compileEvaluation } from '../../src/traceql/pipeline.ts'
import { readerOf } from '../../src/traceql/trace-reader.ts'
import type { MeasurementRange, TraceView } from '../../src/traceql/trace-view.ts'
import type { Plain, PlainAttributes, PlainSpan, PlainTrace } from './data.ts'

/** The spans must be in order of their starts. */
export function viewOf(trace: PlainTrace): TraceView {
  return {
    spanCount: trace.length,
    parent: (place) => trace.findIndex(({ spanId }) => spanId === trace[place]?.parentId),
    startUnixNano: (place) => trace[place]?.start ?? 0n,
    values: (place, field) => valuesOf(trace[place]!, field),
  }
}

export function valuesOf(span: PlainSpan, field: Field): Static[] {
  if (field.type === 'intrinsic') return intrinsic(span, field.name)
  const { key } = field
  switch (field.scope) {
    case 'span':
      return attribute(span.attributes, key)
    case 'resource':
      return ofResource(span, key)
    case 'any': {
      const own = attribute(span.attributes, key)
      return own.length > 0 ? own : ofResource(span, key)
    }
    case 'event':
      return span.events.flatMap(({ attributes }) => attribute(attributes, key))
    case 'link':
      return span.links.flatMap(({ attributes }) => attribute(attributes, key))
    case 'instrumentation':
      return attribute(span.scope.attributes, key)
  }
}

function ofResource(span: PlainSpan, key: string): Static[] {
  const found = attribute(span.resource, key)
  return found.length === 0 && key === 'service.name' ? [text('unknown_service')] : found
}

function attribute(attributes: PlainAttributes, key: string): Static[] {
  const value = attributes[key]
  return value === undefined ? [] : Array.isArray(value) ? value.map(staticOf) : [staticOf(value)]
}

export function staticOf(value: Plain): Static {
  if (typeof value === 'bigint') return { type: 'int', value }
  if (typeof value === 'number') return { type: 'float', value }
  return typeof value === 'boolean' ? { type: 'boolean', value } : text(value)
}

const text = (value: string): Static => ({ type: 'string', value })

function intrinsic(span: PlainSpan, name: Intrinsic): Static[] {
  const found: Partial<Record<Intrinsic, Static[]>> = {
    'span:name': [text(span.name)],
    'span:duration': [{ type: 'duration', nano: span.duration }],
    'span:status': [{ type: 'status', status: span.status }],
    'span:statusMessage': [text(span.message)],
    'span:kind': [{ type: 'kind', kind: span.kind }],
    'span:id': [text(span.spanId)],
    'span:parentID': [text(span.parentId)],
    'trace:id': [text(span.traceId)],
    'event:name': span.events.map((event) => text(event.name)),
    'event:timeSinceStart': span.events.map(({ time }) => ({ type: 'duration', nano: time - span.start })),
    'link:traceID': span.links.map(({ traceId }) => text(traceId)),
    'link:spanID': span.links.map(({ spanId }) => text(spanId)),
    'instrumentation:name': [text(span.scope.name)],
    'instrumentation:version': [text(span.scope.version)],
  }
  const values = found[name]
  if (values === undefined) throw new Error(`a view of one span was asked for ${name}`)
  return values
}

/** The spans that a query finds, added one by one to its measurement, in no order of time. */
export function measured(query: Query, traces: readonly PlainTrace[], range: MeasurementRange) {
  if (query.metrics === undefined) throw new Error('a query without metrics')
  const measurement = createMeasurement(query.metrics, range)
  const evaluate = compileEvaluation(query.pipeline)
  for (const trace of traces.toReversed()) {
    const ordered = trace.toSorted((one, other) => (one.start < other.start ? -1 : 1))
    const view = viewOf(ordered)
    const read = readerOf(view)
    for (const place of new Set(evaluate(view).flatMap(({ spans }) => spans))) {
      const span = ordered[place]!
      measurement.add({
        startUnixNano: span.start,
        traceId: span.traceId,
        spanId: span.spanId,
        read: (field) => read(place, field),
        everyField: (found) => everyField(span, found),
      })
    }
  }
  return measurement.series()
}

function everyField(span: PlainSpan, found: (field: Field, value: Static) => void): void {
  for (const name of ['span:name', 'span:kind', 'span:status', 'span:id', 'span:duration'] as const) {
    const field: Field = { type: 'intrinsic', name }
    for (const value of valuesOf(span, field)) found(field, value)
  }
  for (const scope of ['span', 'resource'] as const)
    for (const key of Object.keys(scope === 'span' ? span.attributes : span.resource)) {
      const field: Field = { type: 'attribute', scope, key, ofParent: false }
      for (const value of valuesOf(span, field)) found(field, value)
    }
}
