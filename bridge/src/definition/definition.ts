// What a definition file says, after it was checked: which probes make which span. Expressions are bpftrace's,
// evaluated in the kernel when the probe fires.
import type { TargetSelection } from '../target/target.ts'

/** `start` and `end` of a span; `point`, a probe that is a whole span or an event of one. */
export type Phase = 'start' | 'end' | 'point'
export type SpanKindName = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

export type Probe =
  | { kind: 'usdt'; provider: string; name: string }
  /** A function's entry or return; `file` where it is not the target's own program. */
  | { kind: 'entry' | 'return'; symbol: string; file?: string }

/**
 * `double_bits` are the 64 bits of an IEEE 754 double, as `*(uint64*)arg0` reads one: bpftrace itself has no floating
 * point. Absent: as bpftrace prints it.
 */
export type AttributeType = 'string' | 'int' | 'boolean' | 'double' | 'double_bits'

export type AttributeDefinition = {
  key: string
  at: Phase
  expression: string
  type?: AttributeType
  /** Names for values; a value without one stays what it is. */
  names?: ReadonlyMap<string, string>
}

export type LinkDefinition = { at: Phase; expression: string }

export type SpanDefinition = {
  /** The name under `spans:`, and the first element of the event tuple. */
  id: string
  kind: SpanKindName
  /** `{attribute.key}` stands for that attribute's value. */
  nameTemplate: string
  /** Where it begins and ends; a span of one probe has only `point`. */
  probes: { start?: Probe; end?: Probe; point?: Probe }
  /** The expressions, by phase, whose equal values (in one process) pair a start with an end. */
  match: { start: readonly string[]; end: readonly string[]; point: readonly string[] }
  /** Filters in the kernel. */
  when: { start?: string; end?: string; point?: string }
  /** Whose open span is the parent: with the same key, or the innermost of the same thread. */
  within?: { span: string; by: 'key' | 'thread' }
  /**
   * The program's own times: Unix nanoseconds at the start, nanoseconds at the end or the point. A point with a
   * duration began that long before.
   */
  time: { start?: string; duration?: string }
  /** At the end or the point. Not zero: the span's status is an error. */
  errorExpression?: string
  /** At the end or the point: the error's message. */
  messageExpression?: string
  /** A W3C traceparent at the start or the point; an empty or invalid one is ignored. */
  traceparentExpression?: string
  /** Whether the trace id is derived from the key, so that programs which see the same key meet in one trace. */
  traceIdFromKey: boolean
  attributes: AttributeDefinition[]
  links: LinkDefinition[]
  /** What a start does to one that is open under its key: lies inside it, or ends it (as an error, or as it is). */
  supersede: 'nest' | 'error' | 'unset'
  /** Whether a start without an end becomes a span, marked as incomplete. */
  keepIncomplete: boolean
  /**
   * Where a start waits for its end: here, or in the kernel, which sends one event for both. In the kernel a new start
   * replaces an open one of its key, and a start without an end is never seen.
   */
  pairing: 'bridge' | 'kernel'
  /** How long a start waits for its end. */
  ttlMs: number
}

/** A probe that adds an event to the open span of the same key. */
export type SpanEventDefinition = {
  id: string
  name: string
  probe: Probe
  /** Id of the span. */
  on: string
  match: readonly string[]
  when?: string
  attributes: AttributeDefinition[]
}

export type KeyPath = readonly (string | number)[]

export type Definition = {
  name: string
  /** What it traces where no flag and no variable says so. */
  target?: TargetSelection
  /**
   * Where a key stands in the definition's file: `FILE:LINE:COLUMN: KEY`, of as much of the path as stands there. Absent
   * of a definition that is none of a file's.
   */
  placeOf?: (path: KeyPath) => string
  /**
   * The user's own program, a path: it prints the events in the form of the generated one. The probes and expressions of
   * the definition then only say what it prints.
   */
  script?: string
  resource: Readonly<Record<string, string>>
  spans: ReadonlyMap<string, SpanDefinition>
  events: ReadonlyMap<string, SpanEventDefinition>
}

/** Whether the program is a user's: the definition's script, or one whose events name their spans. */
export const isOfScript = ({ spans, script }: Definition): boolean => spans.size === 0 || script !== undefined

/** The probes of a definition, each once. */
export function probesOf(definition: Definition): Probe[] {
  const spans = [...definition.spans.values()].flatMap(({ probes: { start, end, point } }) => [
    start,
    end,
    point,
  ])
  const events = [...definition.events.values()].map(({ probe }) => probe)
  const probes = [...spans, ...events].filter((probe) => probe !== undefined)
  return [...new Map(probes.map((probe) => [probeText(probe), probe])).values()]
}

/** For messages, and to tell probes apart: `shop:order_start`, `libshop.so:order() entry`. */
export function probeText(probe: Probe): string {
  if (probe.kind === 'usdt') return `${probe.provider}:${probe.name}`
  return `${probe.file === undefined ? '' : `${probe.file}:`}${probe.symbol}() ${probe.kind}`
}
