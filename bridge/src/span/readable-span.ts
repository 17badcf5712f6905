// A matched pair of events to a span as the OpenTelemetry SDK knows it, so that any of its exporters takes it.
// Times are split into whole seconds and nanoseconds as integers: no value passes through a double it does not fit.
import { SpanKind, SpanStatusCode, type HrTime } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import type { SpanDefinition, SpanKindName } from '../definition/definition.ts'
import type { AttributeValue } from '../event/event.ts'
import type { MatchedSpan } from '../match/matcher.ts'
import { bridgeName, bridgeVersion } from '../version.ts'

const scope: InstrumentationScope = { name: bridgeName, version: bridgeVersion }
const kinds: Record<SpanKindName, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
}
const nanosecondsPerSecond = 1_000_000_000n

export function readableSpan(matched: MatchedSpan, resource: Resource): ReadableSpan {
  const { definition, start, end, context, parent } = matched
  const startNs = start.programStartUnixNs ?? start.atUnixNs
  const endNs = end.programDurationNs === undefined ? end.atUnixNs : startNs + end.programDurationNs
  const attributes: Record<string, AttributeValue> = Object.fromEntries([
    ...start.attributes,
    ...end.attributes,
  ])
  if (start.tid > 0) attributes['thread.id'] = start.tid
  return {
    name: spanName(definition, attributes),
    kind: kinds[definition.kind],
    spanContext: () => context,
    ...(parent && { parentSpanContext: parent }),
    startTime: hrTime(startNs),
    endTime: hrTime(endNs),
    duration: hrTime(endNs - startNs),
    ended: true,
    status: { code: end.error === true ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes,
    events: [],
    links: [],
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/** The template with its attributes in place; the definition's id where nothing of it is left. */
function spanName(definition: SpanDefinition, attributes: Record<string, AttributeValue>): string {
  const name = definition.nameTemplate.replace(/\{([^}]*)\}/g, (_, key: string) =>
    String(attributes[key] ?? ''),
  )
  return name.trim() || definition.id
}

function hrTime(nanoseconds: bigint): HrTime {
  return [Number(nanoseconds / nanosecondsPerSecond), Number(nanoseconds % nanosecondsPerSecond)]
}
