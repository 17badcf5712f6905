// A start or an end of a span, a span of one probe, or an event of a span, as one probe saw it: what a bpftrace line
// becomes, and what the matcher pairs.
import type { HrTime, SpanContext } from '@opentelemetry/api'
import type { Phase, SpanDefinition, SpanEventDefinition } from '../definition/definition.ts'

export type AttributeValue = string | number | boolean

/** All properties are always there, in this order: every event then has one shape, which V8 reads fast. */
export type ProbeEvent = {
  span: SpanDefinition
  /** Set where this is an event of a span, not a span. */
  event: SpanEventDefinition | undefined
  phase: Phase
  /** When the probe fired, Unix time: from the kernel's clock or (events without one) the program's. */
  at: HrTime
  /** 0 where the event does not say. */
  pid: number
  tid: number
  /** Empty where a part of it is an empty string: memory that could not be read matches nothing. */
  key: string
  /** At a start: the program's own start, Unix time. */
  programStart: HrTime | undefined
  /** At an end or point: the program's own duration. */
  programDuration: HrTime | undefined
  /** At an end or point. */
  error: boolean
  message: string | undefined
  /** At a start or point: the caller's span, from a traceparent. */
  remoteParent: SpanContext | undefined
  /** From traceparents. */
  links: SpanContext[] | undefined
  /** In the order of the layout's attributes. */
  attributes: AttributeValue[]
  /** Of an end that the kernel paired: its start. */
  begun: ProbeEvent | undefined
  /** Which of the program's counts it is in (definition/self-report.ts); -1 where in none. */
  counter: number
}

/** What came of a record: an event, or why it is none. */
export type EventResult = { ok: true; event: ProbeEvent } | { ok: false; reason: string }
