// Span definitions and events for tests of the pure parts, with every field that a test does not name filled in; and
// ids that count up, so that the same input gives the same spans.
import type { Definition, SpanDefinition } from '../src/definition/definition.ts'
import type { ProbeEvent } from '../src/event/event.ts'
import type { IdGenerator } from '../src/match/matcher.ts'

export function spanDefinition(span: Partial<SpanDefinition> = {}): SpanDefinition {
  const id = span.id ?? 'request'
  return {
    id,
    kind: 'internal',
    nameTemplate: id,
    startProbe: `${id}_start`,
    endProbe: `${id}_end`,
    match: { start: 'str(arg0)', end: 'str(arg0)' },
    attributes: [],
    ttlMs: 60_000,
    ...span,
  }
}

export function definitionWith(...spans: SpanDefinition[]): Definition {
  return {
    name: 'shop',
    provider: 'shop',
    resource: {},
    spans: new Map(spans.map((each) => [each.id, each])),
  }
}

export function probeEvent(event: Partial<ProbeEvent> = {}): ProbeEvent {
  return {
    span: spanDefinition(),
    phase: 'start',
    atUnixNs: 0n,
    pid: 1,
    tid: 1,
    key: 'k',
    attributes: [],
    ...event,
  }
}

export function countingIds(): IdGenerator {
  let next = 0
  const hex = (digits: number): string => (next += 1).toString(16).padStart(digits, '0')
  return { generateTraceId: () => hex(32), generateSpanId: () => hex(16) }
}
