// What a definition file says, after it was checked: which probes make which span. Expressions are bpftrace's,
// evaluated in the kernel at the start or the end probe.

export type Phase = 'start' | 'end'
export type SpanKindName = 'internal' | 'server' | 'client' | 'producer' | 'consumer'
export type AttributeType = 'string' | 'int' | 'boolean'

export type AttributeDefinition = {
  key: string
  at: Phase
  expression: string
  /** Absent: as bpftrace prints it. `boolean` reads an integer as not zero. */
  type?: AttributeType
}

export type SpanDefinition = {
  /** The name under `spans:`, and the first element of the event tuple. */
  id: string
  kind: SpanKindName
  /** `{attribute.key}` stands for that attribute's value. */
  nameTemplate: string
  startProbe: string
  endProbe: string
  /** The expressions whose equal values (in one process) pair a start with an end. */
  match: { start: string; end: string }
  /** Id of the definition whose open span with the same key is the parent. */
  within?: string
  /** The program's own times: Unix nanoseconds at the start probe, nanoseconds at the end probe. */
  time?: { start: string; duration: string }
  /** Not zero: the span's status is an error. */
  errorExpression?: string
  /** A W3C traceparent at the start probe; an empty or invalid one is ignored. */
  traceparentExpression?: string
  attributes: AttributeDefinition[]
  /** How long a start waits for its end. */
  ttlMs: number
}

export type Definition = {
  name: string
  /** Provider of all probes named in the file. */
  provider: string
  resource: Readonly<Record<string, string>>
  spans: ReadonlyMap<string, SpanDefinition>
}
