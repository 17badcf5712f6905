// A span to the OTLP protobuf of a Span message. The SDK's own serializer writes the same (a test holds that against its
// decoded output) but takes several times as long: `npm run bench -- bridge` prints both.
import { SpanStatusCode, type AttributeValue, type Attributes, type SpanContext } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { BinaryContext } from '../span/binary-context.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

const [varint, fixed64, bytes] = [0, 1, 2] as const
/** OTLP's flags: bit 8 says that bit 9, whether the parent is remote, is known. */
const remoteKnownFlag = 0x100
const remoteFlag = 0x200

/** As field 2 of a ScopeSpans. */
export function writeSpan(writer: ProtobufWriter, span: ReadableSpan): void {
  const context = span.spanContext()
  const parent = span.parentSpanContext
  writer.tag(2, bytes)
  const start = writer.begin()
  writer.tag(1, bytes)
  writeTraceId(writer, context)
  writer.tag(2, bytes)
  writeSpanId(writer, context)
  if (context.traceState) {
    writer.tag(3, bytes)
    writer.string(context.traceState.serialize())
  }
  if (parent) {
    writer.tag(4, bytes)
    writeSpanId(writer, parent)
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
  writeAttributes(writer, 9, span.attributes)
  for (const event of span.events) writeEvent(writer, event)
  for (const link of span.links) writeLink(writer, link.context, link.attributes)
  if (span.status.code !== SpanStatusCode.UNSET || span.status.message !== undefined)
    writeStatus(writer, span.status)
  writer.fixed32(16, flagsOf(context.traceFlags, parent?.isRemote))
  writer.end(start)
}

function writeEvent(
  writer: ProtobufWriter,
  { name, time, attributes: of }: ReadableSpan['events'][number],
): void {
  writer.tag(11, bytes)
  const start = writer.begin()
  writer.tag(1, fixed64)
  writer.nanoseconds(time[0], time[1])
  writer.tag(2, bytes)
  writer.string(name)
  if (of) writeAttributes(writer, 3, of)
  writer.end(start)
}

function writeLink(writer: ProtobufWriter, context: SpanContext, of: Attributes | undefined): void {
  writer.tag(13, bytes)
  const start = writer.begin()
  writer.tag(1, bytes)
  writeTraceId(writer, context)
  writer.tag(2, bytes)
  writeSpanId(writer, context)
  if (of) writeAttributes(writer, 4, of)
  writer.fixed32(6, flagsOf(context.traceFlags, context.isRemote))
  writer.end(start)
}

function writeStatus(writer: ProtobufWriter, { code, message }: ReadableSpan['status']): void {
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

function writeTraceId(writer: ProtobufWriter, context: SpanContext): void {
  if (!(context instanceof BinaryContext)) {
    writer.hex(context.traceId)
    return
  }
  writer.varint(16)
  writer.word(context.t0)
  writer.word(context.t1)
  writer.word(context.t2)
  writer.word(context.t3)
}

function writeSpanId(writer: ProtobufWriter, context: SpanContext): void {
  if (!(context instanceof BinaryContext)) {
    writer.hex(context.spanId)
    return
  }
  writer.varint(8)
  writer.word(context.spanHigh)
  writer.word(context.spanLow)
}

const flagsOf = (traceFlags: number, isRemote: boolean | undefined): number =>
  (traceFlags & 0xff) | remoteKnownFlag | (isRemote === true ? remoteFlag : 0)

export function writeAttributes(writer: ProtobufWriter, field: number, of: Attributes): void {
  for (const key in of) {
    const value = of[key]
    if (value === undefined) continue
    writer.tag(field, bytes)
    const start = writer.begin()
    writer.tag(1, bytes)
    writer.string(key)
    writer.tag(2, bytes)
    writeAnyValue(writer, value)
    writer.end(start)
  }
}

/** The value as a message behind its length; a number without a fraction is an integer, as the SDK has it. */
function writeAnyValue(writer: ProtobufWriter, value: AttributeValue | null): void {
  const start = writer.begin()
  if (typeof value === 'string') {
    writer.tag(1, bytes)
    writer.string(value)
  } else if (typeof value === 'boolean') {
    writer.tag(2, varint)
    writer.varint(value ? 1 : 0)
  } else if (typeof value === 'number') {
    writeNumber(writer, value)
  } else if (Array.isArray(value)) {
    writer.tag(5, bytes)
    const list = writer.begin()
    for (const each of value) {
      writer.tag(1, bytes)
      writeAnyValue(writer, each ?? null)
    }
    writer.end(list)
  }
  writer.end(start)
}

function writeNumber(writer: ProtobufWriter, value: number): void {
  if (Number.isSafeInteger(value)) {
    writer.tag(3, varint)
    writer.int64(value)
  } else {
    writer.tag(4, fixed64)
    writer.double(value)
  }
}
