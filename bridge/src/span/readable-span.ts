// A matched pair of events to a span as the OpenTelemetry SDK knows it, so that any of its exporters takes it.
import {
  SpanKind,
  SpanStatusCode,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanStatus,
} from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base'
import type { AttributeDefinition, SpanDefinition, SpanKindName } from '../definition/definition.ts'
import { attributesOf } from '../definition/layout.ts'
import { textBytesOf } from '../definition/string-length.ts'
import type { AttributeValue, ProbeEvent } from '../event/event.ts'
import type { Incomplete, MatchedSpan } from '../match/matcher.ts'
import { addTimes, subtractTimes } from '../time/instant.ts'
import { cutText } from './cut-text.ts'
import { bridgeName, bridgeVersion } from '../version.ts'

const scope: InstrumentationScope = { name: bridgeName, version: bridgeVersion }
const none: never[] = []
const unset: SpanStatus = { code: SpanStatusCode.UNSET }
const failed: SpanStatus = { code: SpanStatusCode.ERROR }
const kinds: Record<SpanKindName, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
}

const incompleteTexts: Record<Incomplete, string> = {
  expired: 'expired',
  superseded: 'superseded',
  evicted: 'evicted',
  processEnded: 'process_ended',
  tracingEnded: 'tracing_ended',
}

type Attributes = Record<string, AttributeValue | string[]>

/** A class, because one is made for every span: its constants and methods are then shared by all. */
class MatchedReadableSpan implements ReadableSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly status: SpanStatus
  readonly attributes: Attributes
  readonly resource: Resource
  readonly parentSpanContext?: SpanContext
  private readonly context: SpanContext

  readonly events: TimedEvent[]
  readonly links: Link[]

  constructor(matched: MatchedSpan, resource: Resource, textBytes: number) {
    const { definition, start, end, incomplete, context, parent } = matched
    this.startTime = startOf(matched)
    this.endTime = endOf(matched, this.startTime)
    const plan = planOf(definition)
    const attributes: Attributes = {}
    setAttributes(
      attributes,
      start === end ? plan.pointAttributes : plan.startAttributes,
      start.attributes,
      textBytes,
    )
    if (end && end !== start) setAttributes(attributes, plan.endAttributes, end.attributes, textBytes)
    if (start.tid > 0) attributes['thread.id'] = start.tid
    if (incomplete) attributes['probespan.incomplete'] = incompleteTexts[incomplete.reason]
    if (matched.nearLoss) attributes['probespan.near_loss'] = true
    this.attributes = attributes
    this.name = plan.name(attributes)
    this.kind = kinds[definition.kind]
    this.status = statusOf(matched)
    this.resource = resource
    this.context = context
    if (parent) this.parentSpanContext = parent
    this.events =
      matched.events.length === 0 ? none : matched.events.map((event) => timedEvent(event, textBytes))
    this.links = linksOf(start.links, end === start ? undefined : end?.links)
  }

  spanContext(): SpanContext {
    return this.context
  }

  get duration(): HrTime {
    return subtractTimes(this.endTime, this.startTime)
  }

  get ended(): boolean {
    return true
  }

  get instrumentationScope(): InstrumentationScope {
    return scope
  }

  get droppedAttributesCount(): number {
    return 0
  }

  get droppedEventsCount(): number {
    return 0
  }

  get droppedLinksCount(): number {
    return 0
  }
}

/** `textBytes` is the most bytes of a text that are shown: one less than bpftrace reads, where that is bounded. */
export function readableSpan(matched: MatchedSpan, resource: Resource, textBytes = Infinity): ReadableSpan {
  return new MatchedReadableSpan(matched, resource, textBytes)
}

/** A span of one probe that tells its duration began that long before the probe. */
function startOf({ start, end }: MatchedSpan): HrTime {
  if (start.programStart) return start.programStart
  return start === end && start.programDuration ? subtractTimes(start.at, start.programDuration) : start.at
}

function endOf({ start, end, incomplete }: MatchedSpan, startTime: HrTime): HrTime {
  if (!end) return incomplete?.at ?? startTime
  return end.programDuration && end !== start ? addTimes(startTime, end.programDuration) : end.at
}

function statusOf({ definition, end, incomplete }: MatchedSpan): SpanStatus {
  if (incomplete) {
    const isError = incomplete.reason === 'superseded' && definition.supersede === 'error'
    return isError ? { code: SpanStatusCode.ERROR, message: 'ended by the next start of its key' } : unset
  }
  if (end?.error !== true) return unset
  return end.message === undefined ? failed : { code: SpanStatusCode.ERROR, message: end.message }
}

function timedEvent({ event, at, attributes: values }: ProbeEvent, textBytes: number): TimedEvent {
  const attributes: Attributes = {}
  setAttributes(attributes, event?.attributes.map(plannedAttribute) ?? [], values, textBytes)
  return { name: event?.name ?? '', time: at, attributes, droppedAttributesCount: 0 }
}

function linksOf(start: SpanContext[] | undefined, end: SpanContext[] | undefined): Link[] {
  if (!start && !end) return none
  return [...(start ?? []), ...(end ?? [])].map((context) => ({ context }))
}

function setAttributes(
  attributes: Attributes,
  planned: readonly PlannedAttribute[],
  values: readonly AttributeValue[],
  textBytes: number,
): void {
  for (let index = 0; index < planned.length; index += 1) {
    const attribute = planned[index]
    const value = values[index]
    if (attribute === undefined || value === undefined) continue
    attributes[attribute.key] = value
    if (attribute.textBytes === undefined || typeof value !== 'string') continue
    const cut = cutText(value, Math.min(attribute.textBytes, textBytes))
    if (cut === undefined) continue
    attributes[attribute.key] = cut
    const others = attributes['probespan.truncated']
    attributes['probespan.truncated'] = [...(Array.isArray(others) ? others : []), attribute.key]
  }
}

/** `textBytes`: the most bytes of a text that the definition wants; absent where the value is no text of the kernel's. */
type PlannedAttribute = { key: string; textBytes: number | undefined }
const plannedAttribute = (attribute: AttributeDefinition): PlannedAttribute => ({
  key: attribute.key,
  textBytes: textBytesOf(attribute),
})

/** What a definition says of every span of it, worked out once. */
type Plan = {
  startAttributes: PlannedAttribute[]
  endAttributes: PlannedAttribute[]
  pointAttributes: PlannedAttribute[]
  name: (attributes: Attributes) => string
}
const plans = new WeakMap<SpanDefinition, Plan>()

function planOf(definition: SpanDefinition): Plan {
  const known = plans.get(definition)
  if (known) return known
  const plan = {
    startAttributes: attributesOf(definition, 'start').map(plannedAttribute),
    endAttributes: attributesOf(definition, 'end').map(plannedAttribute),
    pointAttributes: attributesOf(definition, 'point').map(plannedAttribute),
    name: namer(definition),
  }
  plans.set(definition, plan)
  return plan
}

/** The template with its attributes in place; the definition's id where nothing of it is left. */
function namer({ nameTemplate, id }: SpanDefinition): (attributes: Attributes) => string {
  // At odd places stand the keys.
  const parts = nameTemplate.split(/\{([^}]*)\}/)
  if (parts.length === 1) return () => nameTemplate.trim() || id
  return (attributes) =>
    parts
      .map((part, index) => (index % 2 === 0 ? part : String(attributes[part] ?? '')))
      .join('')
      .trim() || id
}
