// A W3C traceparent (version 00 and, as the specification asks, later ones by their first four fields) to a span
// context; anything else to undefined.
import { isSpanContextValid, TraceFlags, type SpanContext } from '@opentelemetry/api'

const pattern = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/

export function parseTraceparent(text: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = pattern.exec(text) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (text.startsWith('00') && text.length !== 55) return undefined
  const sampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0
  const context = {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  }
  return isSpanContextValid(context) ? context : undefined
}
