// A start or an end of a span, as one probe saw it: what a bpftrace line becomes, and what the matcher pairs.
import type { SpanContext } from '@opentelemetry/api'
import type { Phase, SpanDefinition } from '../definition/definition.ts'

export type AttributeValue = string | number | boolean

export type ProbeEvent = {
  span: SpanDefinition
  phase: Phase
  /** When the probe fired: Unix nanoseconds, from the kernel's clock or (events without one) the program's. */
  atUnixNs: bigint
  /** 0 where the event does not say. */
  pid: number
  tid: number
  key: string
  /** At a start: the program's own start time, Unix nanoseconds. */
  programStartUnixNs?: bigint
  /** At an end: the program's own duration, nanoseconds. */
  programDurationNs?: bigint
  /** At an end. */
  error?: boolean
  /** At a start: the caller's span, from a traceparent. */
  remoteParent?: SpanContext
  attributes: [key: string, value: AttributeValue][]
}

/** What came of a record: an event, or why it is none. */
export type EventResult = { ok: true; event: ProbeEvent } | { ok: false; reason: string }
