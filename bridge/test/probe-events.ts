// Span definitions and events for tests of the pure parts, with every field that a test does not name filled in; and
// ids that count up, so that the same input gives the same spans.
import type { Definition, Probe, SpanDefinition } from '../src/definition/definition.ts'
import type { ProbeEvent } from '../src/event/event.ts'
import type { WordSource } from '../src/span/binary-context.ts'
import { nsOfTime, timeOfNs } from '../src/time/instant.ts'

export function spanDefinition(span: Partial<SpanDefinition> = {}): SpanDefinition {
  const id = span.id ?? 'request'
  return {
    id,
    kind: 'internal',
    nameTemplate: id,
    probes: { start: usdt(`${id}_start`), end: usdt(`${id}_end`) },
    match: { start: ['str(arg0)'], end: ['str(arg0)'], point: ['str(arg0)'] },
    when: {},
    time: {},
    traceIdFromKey: false,
    attributes: [],
    links: [],
    supersede: 'nest',
    keepIncomplete: false,
    pairing: 'bridge',
    ttlMs: 60_000,
    ...span,
  }
}

export const usdt = (name: string): Probe => ({ kind: 'usdt', provider: 'shop', name })

export function definitionWith(...spans: SpanDefinition[]): Definition {
  return {
    name: 'shop',
    resource: {},
    spans: new Map(spans.map((each) => [each.id, each])),
    events: new Map(),
  }
}

/** Times in nanoseconds, because they are easier to write and read. */
export type EventParts = Partial<Omit<ProbeEvent, 'at' | 'programStart' | 'programDuration'>> & {
  atNs?: bigint
  programStartNs?: bigint
  programDurationNs?: bigint
}

export function probeEvent({
  atNs = 0n,
  programStartNs,
  programDurationNs,
  ...event
}: EventParts = {}): ProbeEvent {
  return {
    span: spanDefinition(),
    event: undefined,
    phase: 'start',
    at: timeOfNs(atNs),
    pid: 1,
    tid: 1,
    key: 'k',
    programStart: programStartNs === undefined ? undefined : timeOfNs(programStartNs),
    programDuration: programDurationNs === undefined ? undefined : timeOfNs(programDurationNs),
    error: false,
    message: undefined,
    remoteParent: undefined,
    links: undefined,
    attributes: [],
    begun: undefined,
    counter: -1,
    ...event,
  }
}

export const atNsOf = (event: ProbeEvent): bigint => nsOfTime(event.at)

export function countingWords(): WordSource {
  let next = 0
  return () => (next += 1)
}
