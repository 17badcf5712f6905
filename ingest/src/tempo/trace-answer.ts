// One trace as Tempo's two APIs give it: v1 a bare trace, whose JSON says `batches`; v2 within a TraceByIDResponse. In: the
// trace as the store writes it; out: the whole body, without decoding the trace.

const resourceSpans = '{"resourceSpans":'
const traceTag = 0x0a
const metricsTag = 0x12
const inspectedBytesTag = 0x08

export function batchesJson(trace: Buffer): Buffer {
  if (!trace.subarray(0, resourceSpans.length).equals(Buffer.from(resourceSpans))) {
    throw new Error(`a trace begins with ${trace.toString('utf8', 0, 40)}`)
  }
  return Buffer.concat([Buffer.from('{"batches":'), trace.subarray(resourceSpans.length)])
}

export function traceByIdJson(trace: Buffer, inspectedBytes: number): Buffer {
  const end = `,"metrics":{"inspectedBytes":"${inspectedBytes}"}}`
  return Buffer.concat([Buffer.from('{"trace":'), trace, Buffer.from(end)])
}

/** TraceByIDResponse: `trace` 1, `metrics` 2 with `inspectedBytes` 1. */
export function traceByIdProtobuf(trace: Buffer): Buffer {
  const metrics = [inspectedBytesTag, ...varint(trace.length)]
  return Buffer.concat([
    Buffer.from([traceTag, ...varint(trace.length)]),
    trace,
    Buffer.from([metricsTag, metrics.length, ...metrics]),
  ])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}
