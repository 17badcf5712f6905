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
import type { SpanDefinition, SpanKindName } from '../definition/definition.ts'
import { attributesOf } from '../definition/layout.ts'
import type { AttributeValue, ProbeEvent } from '../event/event.ts'
import type { Incomplete, MatchedSpan } from '../match/matcher.ts'
import { addTimes, subtractTimes } from '../time/instant.ts'
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

type Attributes = Record<string, AttributeValue>

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

  constructor(matched: MatchedSpan, resource: Resource) {
    const { definition, start, end, incomplete, context, parent } = matched
    this.startTime = startOf(matched)
    this.endTime = endOf(matched, this.startTime)
    const plan = planOf(definition)
    const attributes: Attributes = {}
    setAttributes(attributes, start === end ? plan.pointKeys : plan.startKeys, start.attributes)
    if (end && end !== start) setAttributes(attributes, plan.endKeys, end.attributes)
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
    this.events = matched.events.length === 0 ? none : matched.events.map(timedEvent)
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

export function readableSpan(matched: MatchedSpan, resource: Resource): ReadableSpan {
  return new MatchedReadableSpan(matched, resource)
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

function timedEvent({ event, at, attributes: values }: ProbeEvent): TimedEvent {
  const attributes: Attributes = {}
  const keys = event?.attributes.map(({ key }) => key) ?? []
  setAttributes(attributes, keys, values)
  return { name: event?.name ?? '', time: at, attributes, droppedAttributesCount: 0 }
}

function linksOf(start: SpanContext[] | undefined, end: SpanContext[] | undefined): Link[] {
  if (!start && !end) return none
  return [...(start ?? []), ...(end ?? [])].map((context) => ({ context }))
}

function setAttributes(
  attributes: Attributes,
  keys: readonly string[],
  values: readonly AttributeValue[],
): void {
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index]
    const value = values[index]
    if (key !== undefined && value !== undefined) attributes[key] = value
  }
}

/** What a definition says of every span of it, worked out once. */
type Plan = {
  startKeys: string[]
  endKeys: string[]
  pointKeys: string[]
  name: (attributes: Attributes) => string
}
const plans = new WeakMap<SpanDefinition, Plan>()

function planOf(definition: SpanDefinition): Plan {
  const known = plans.get(definition)
  if (known) return known
  const plan = {
    startKeys: attributesOf(definition, 'start').map(({ key }) => key),
    endKeys: attributesOf(definition, 'end').map(({ key }) => key),
    pointKeys: attributesOf(definition, 'point').map(({ key }) => key),
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
