// A start or an end of a span, as one probe saw it: what a bpftrace line becomes, and what the matcher pairs.
import type { HrTime, SpanContext } from '@opentelemetry/api'
import type { Phase, SpanDefinition } from '../definition/definition.ts'

export type AttributeValue = string | number | boolean

/** All properties are always there, in this order: every event then has one shape, which V8 reads fast. */
export type ProbeEvent = {
  span: SpanDefinition
  phase: Phase
  /** When the probe fired, Unix time: from the kernel's clock or (events without one) the program's. */
  at: HrTime
  /** 0 where the event does not say. */
  pid: number
  tid: number
  key: string
  /** At a start: the program's own start, Unix time. */
  programStart: HrTime | undefined
  /** At an end: the program's own duration. */
  programDuration: HrTime | undefined
  /** At an end. */
  error: boolean
  /** At a start: the caller's span, from a traceparent. */
  remoteParent: SpanContext | undefined
  /** In the order of `attributesOf(span, phase)`. */
  attributes: AttributeValue[]
}

/** What came of a record: an event, or why it is none. */
export type EventResult = { ok: true; event: ProbeEvent } | { ok: false; reason: string }
