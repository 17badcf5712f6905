// Spans to the OTLP protobuf of an ExportTraceServiceRequest. The SDK's own serializer writes the same (a test holds
// that against its decoded output) but takes several times as long: `npm run bench -- bridge` prints both. Resources
// and scopes are encoded once and kept.
import { SpanStatusCode, type AttributeValue, type Attributes, type SpanContext } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { ProtobufWriter } from './protobuf-writer.ts'

const [varint, fixed64, bytes] = [0, 1, 2] as const
/** OTLP's flags: bit 8 says that bit 9, whether the parent is remote, is known. */
const remoteKnownFlag = 0x100
const remoteFlag = 0x200

export class SpanEncoder {
  private readonly writer = new ProtobufWriter()
  private readonly small = new ProtobufWriter()
  private readonly resources = new WeakMap<Resource, Buffer>()
  private readonly scopes = new WeakMap<InstrumentationScope, Buffer>()

  /** One resourceSpans a resource, one scopeSpans a scope, spans in their order. */
  encode(spans: readonly ReadableSpan[]): Buffer {
    this.request(spans, Number.POSITIVE_INFINITY)
    return this.writer.take()
  }

  /** The same; undefined where it takes more than `bytesMax` bytes, which is found out within one span of them. */
  encodeWithin(spans: readonly ReadableSpan[], bytesMax: number): Buffer | undefined {
    this.request(spans, bytesMax)
    if (this.writer.length <= bytesMax) return this.writer.take()
    this.writer.clear()
    return undefined
  }

  /** Stops soon after `bytesMax`, within a message. */
  private request(spans: readonly ReadableSpan[], bytesMax: number): void {
    for (const [resource, ofResource] of Map.groupBy(spans, (span) => span.resource)) {
      this.writer.tag(1, bytes)
      const resourceSpans = this.writer.begin()
      this.writer.bytes(this.resourceBytes(resource))
      for (const [scope, ofScope] of Map.groupBy(ofResource, (span) => span.instrumentationScope)) {
        this.writer.tag(2, bytes)
        const scopeSpans = this.writer.begin()
        this.writer.bytes(this.scopeBytes(scope))
        for (const span of ofScope) {
          this.span(span)
          if (this.writer.length > bytesMax) return
        }
        this.writer.end(scopeSpans)
      }
      this.writer.end(resourceSpans)
    }
  }

  private span(span: ReadableSpan): void {
    const { writer } = this
    const context = span.spanContext()
    const parent = span.parentSpanContext
    writer.tag(2, bytes)
    const start = writer.begin()
    writer.tag(1, bytes)
    writer.hex(context.traceId)
    writer.tag(2, bytes)
    writer.hex(context.spanId)
    if (context.traceState) {
      writer.tag(3, bytes)
      writer.string(context.traceState.serialize())
    }
    if (parent) {
      writer.tag(4, bytes)
      writer.hex(parent.spanId)
    }
    writer.tag(5, bytes)
    writer.string(span.name)
    writer.tag(6, varint)
    // OTLP counts kinds from 1: 0 is unspecified.
    writer.varint(span.kind + 1)
    writer.tag(7, fixed64)
    writer.nanoseconds(span.startTime[0], span.startTime[1])
    writer.tag(8, fixed64)
    writer.nanoseconds(span.endTime[0], span.endTime[1])
    attributes(writer, 9, span.attributes)
    for (const event of span.events) this.event(event)
    for (const link of span.links) this.link(link.context, link.attributes)
    if (span.status.code !== SpanStatusCode.UNSET || span.status.message !== undefined)
      this.status(span.status)
    writer.fixed32(16, flagsOf(context.traceFlags, parent?.isRemote))
    writer.end(start)
  }

  private event({ name, time, attributes: of }: ReadableSpan['events'][number]): void {
    const { writer } = this
    writer.tag(11, bytes)
    const start = writer.begin()
    writer.tag(1, fixed64)
    writer.nanoseconds(time[0], time[1])
    writer.tag(2, bytes)
    writer.string(name)
    if (of) attributes(writer, 3, of)
    writer.end(start)
  }

  private link(context: SpanContext, of: Attributes | undefined): void {
    const { writer } = this
    writer.tag(13, bytes)
    const start = writer.begin()
    writer.tag(1, bytes)
    writer.hex(context.traceId)
    writer.tag(2, bytes)
    writer.hex(context.spanId)
    if (of) attributes(writer, 4, of)
    writer.fixed32(6, flagsOf(context.traceFlags, context.isRemote))
    writer.end(start)
  }

  private status({ code, message }: ReadableSpan['status']): void {
    const { writer } = this
    writer.tag(15, bytes)
    const start = writer.begin()
    if (message !== undefined) {
      writer.tag(2, bytes)
      writer.string(message)
    }
    writer.tag(3, varint)
    writer.varint(code)
    writer.end(start)
  }

  private resourceBytes(resource: Resource): Buffer {
    const known = this.resources.get(resource)
    if (known) return known
    this.small.tag(1, bytes)
    const start = this.small.begin()
    // What a detector still has to find out is not there yet; the bridge's resources are whole.
    attributes(this.small, 1, resource.attributes)
    this.small.end(start)
    const encoded = this.small.take()
    this.resources.set(resource, encoded)
    return encoded
  }

  private scopeBytes(scope: InstrumentationScope): Buffer {
    const known = this.scopes.get(scope)
    if (known) return known
    this.small.tag(1, bytes)
    const start = this.small.begin()
    this.small.tag(1, bytes)
    this.small.string(scope.name)
    if (scope.version !== undefined) {
      this.small.tag(2, bytes)
      this.small.string(scope.version)
    }
    this.small.end(start)
    const encoded = this.small.take()
    this.scopes.set(scope, encoded)
    return encoded
  }
}

const flagsOf = (traceFlags: number, isRemote: boolean | undefined): number =>
  (traceFlags & 0xff) | remoteKnownFlag | (isRemote === true ? remoteFlag : 0)

function attributes(writer: ProtobufWriter, field: number, of: Attributes): void {
  for (const key in of) {
    const value = of[key]
    if (value === undefined) continue
    writer.tag(field, bytes)
    const start = writer.begin()
    writer.tag(1, bytes)
    writer.string(key)
    writer.tag(2, bytes)
    anyValue(writer, value)
    writer.end(start)
  }
}

/** The value as a message behind its length; a number without a fraction is an integer, as the SDK has it. */
function anyValue(writer: ProtobufWriter, value: AttributeValue | null): void {
  const start = writer.begin()
  if (typeof value === 'string') {
    writer.tag(1, bytes)
    writer.string(value)
  } else if (typeof value === 'boolean') {
    writer.tag(2, varint)
    writer.varint(value ? 1 : 0)
  } else if (typeof value === 'number') {
    number(writer, value)
  } else if (Array.isArray(value)) {
    writer.tag(5, bytes)
    const list = writer.begin()
    for (const each of value) {
      writer.tag(1, bytes)
      anyValue(writer, each ?? null)
    }
    writer.end(list)
  }
  writer.end(start)
}

function number(writer: ProtobufWriter, value: number): void {
  if (Number.isSafeInteger(value)) {
    writer.tag(3, varint)
    writer.int64(value)
  } else {
    writer.tag(4, fixed64)
    writer.double(value)
  }
}
