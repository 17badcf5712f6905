// A trace as other programs' JSON, written on the reading thread: 100,000 spans are 100 MB and take seconds. In: a reader
// and a form; out: UTF-8, undefined for an unknown trace.
import { jaegerTrace } from '../../jaeger/v1-trace.ts'
import { jsonFromProtobuf, otlpJson, protobufJson } from '../../otlp/json-write.ts'
import type { TraceJsonForm } from '../store.ts'
import type { Reader } from './reader.ts'

export type TraceJsonAsked = { traceId: string; form: TraceJsonForm }
type Reading = Pick<Reader, 'readTrace' | 'traceBytes'>

export function createTraceJson(
  reader: Reading,
): (asked: TraceJsonAsked) => Uint8Array<ArrayBuffer> | undefined {
  const text = new TextEncoder()
  return ({ traceId, form }) => {
    const json = jsonOf(reader, traceId, form)
    return json === undefined ? undefined : text.encode(JSON.stringify(json))
  }
}

function jsonOf(reader: Reading, traceId: string, form: TraceJsonForm): object | undefined {
  if (form === 'jaeger') {
    const spans = reader.readTrace(traceId)
    return spans && jaegerTrace(traceId, spans)
  }
  const bytes = reader.traceBytes(traceId)
  return bytes && jsonFromProtobuf(bytes, form === 'otlp' ? otlpJson : protobufJson)
}
