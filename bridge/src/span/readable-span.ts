// A matched pair of events to a span as the OpenTelemetry SDK knows it, so that any of its exporters takes it.
import { SpanKind, SpanStatusCode, type HrTime, type SpanContext, type SpanStatus } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import type { SpanDefinition, SpanKindName } from '../definition/definition.ts'
import { attributesOf } from '../definition/layout.ts'
import type { AttributeValue } from '../event/event.ts'
import type { MatchedSpan } from '../match/matcher.ts'
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

  constructor({ definition, start, end, context, parent }: MatchedSpan, resource: Resource) {
    this.startTime = start.programStart ?? start.at
    this.endTime = end.programDuration === undefined ? end.at : addTimes(this.startTime, end.programDuration)
    const plan = planOf(definition)
    const attributes: Attributes = {}
    setAttributes(attributes, plan.startKeys, start.attributes)
    setAttributes(attributes, plan.endKeys, end.attributes)
    if (start.tid > 0) attributes['thread.id'] = start.tid
    this.attributes = attributes
    this.name = plan.name(attributes)
    this.kind = kinds[definition.kind]
    this.status = end.error ? failed : unset
    this.resource = resource
    this.context = context
    if (parent) this.parentSpanContext = parent
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

  get events(): never[] {
    return none
  }

  get links(): never[] {
    return none
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
type Plan = { startKeys: string[]; endKeys: string[]; name: (attributes: Attributes) => string }
const plans = new WeakMap<SpanDefinition, Plan>()

function planOf(definition: SpanDefinition): Plan {
  const known = plans.get(definition)
  if (known) return known
  const plan = {
    startKeys: attributesOf(definition, 'start').map(({ key }) => key),
    endKeys: attributesOf(definition, 'end').map(({ key }) => key),
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
