// OTLP span bytes in full to the span of the JSON API (wire.ts). In: one body and the spans wanted of it, by ordinal,
// each with the source and service it was stored under; out: spans in the body's order.
// What cannot be decoded is not hidden: it is shown as the attribute `probespan.undecodable` with the raw bytes.
import { keyValuesOf } from './any-value.ts'
import { bytesOf, decodedOf, listOf, longTextOf, textOf } from './decoded.ts'
import type { Decoded } from './decoded.ts'
import { joined, readFrames } from './frames.ts'
import { resourceType, scopeType, spanType } from './schema.ts'
import type { KeyValue, Span, SpanKind, StatusCode, TraceSource } from '../wire.ts'
import type protobuf from 'protobufjs'

export type StoredAs = {
  traceId: string
  spanId: string
  startUnixNano: bigint
  durationNano: bigint
  name: string
  source: TraceSource
  service: string
}

const kinds: readonly SpanKind[] = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const statusCodes: readonly StatusCode[] = ['UNSET', 'OK', 'ERROR']

export type Owner = Pick<Span, 'resource' | 'scope' | 'endpoint'>

export function decodeSpans(body: Buffer, wanted: (ordinal: number) => StoredAs | undefined): Span[] {
  const spans: Span[] = []
  let ordinal = 0
  for (const frame of readFrames(body)) {
    let resource: Span['resource'] | undefined
    for (const scope of frame.scopes) {
      let owner: Owner | undefined
      for (const { start, end } of scope.spans) {
        const storedAs = wanted(ordinal++)
        if (storedAs === undefined) continue
        resource ??= decodeResource(joined(body, frame.resource))
        owner ??= ownerOf(resource, decodeScope(joined(body, scope.scope)))
        spans.push(decodeSpan(body.subarray(start, end), storedAs, owner))
      }
    }
  }
  return spans
}

/** Of the messages' bytes. */
export function decodeOwner(resource: Buffer, scope: Buffer): Owner {
  return ownerOf(decodeResource(resource), decodeScope(scope))
}

function ownerOf(resource: Span['resource'], scope: Span['scope']): Owner {
  return { resource, scope, ...endpointOf(resource) }
}

function decodeResource(bytes: Buffer): Span['resource'] {
  const resource = decoded(resourceType, bytes)
  return { attributes: resource === undefined ? [undecodable(bytes)] : keyValuesOf(resource['attributes']) }
}

function endpointOf({ attributes }: Span['resource']): Pick<Span, 'endpoint'> {
  const endpoint = attributes.find(({ key }) => key === 'service.namespace')?.value.stringValue ?? ''
  return endpoint === '' ? {} : { endpoint }
}

function decodeScope(bytes: Buffer): Span['scope'] {
  const scope = decoded(scopeType, bytes)
  return { name: textOf(scope?.['name']), version: textOf(scope?.['version']) }
}

/** With its ids. */
export function decodeSpan(bytes: Buffer, storedAs: StoredAs, owner: Owner): Span {
  const { traceId, spanId, name, source, service } = storedAs
  const span = decoded(spanType, bytes)
  const parentSpanId = hex(span?.['parentSpanId'])
  const traceState = textOf(span?.['traceState'])
  return {
    traceId,
    spanId,
    ...(parentSpanId === '' || /^0*$/.test(parentSpanId) ? {} : { parentSpanId }),
    ...(traceState === '' ? {} : { traceState }),
    name: span === undefined ? name : textOf(span['name']),
    kind: kinds[Number(span?.['kind'] ?? 0)] ?? 'UNSPECIFIED',
    startUnixNano: String(storedAs.startUnixNano),
    durationNano: String(storedAs.durationNano),
    status: statusOf(span?.['status']),
    source,
    service,
    attributes: span === undefined ? [undecodable(bytes)] : keyValuesOf(span['attributes']),
    events: listOf(span?.['events']).map((event) => ({
      timeUnixNano: longTextOf(event['timeUnixNano']),
      name: textOf(event['name']),
      attributes: keyValuesOf(event['attributes']),
    })),
    links: listOf(span?.['links']).map((link) => ({
      traceId: hex(link['traceId']),
      spanId: hex(link['spanId']),
      attributes: keyValuesOf(link['attributes']),
    })),
    ...owner,
  }
}

function decoded(type: protobuf.Type, bytes: Buffer): Decoded | undefined {
  try {
    return decodedOf(type.decode(bytes))
  } catch {
    return undefined
  }
}

function undecodable(bytes: Buffer): KeyValue {
  return { key: 'probespan.undecodable', value: { bytesValue: bytes.toString('base64') } }
}

function statusOf(status: unknown): Span['status'] {
  const { code, message } = decodedOf(status)
  const words = textOf(message)
  return { code: statusCodes[Number(code ?? 0)] ?? 'UNSET', ...(words === '' ? {} : { message: words }) }
}

const hex = (value: unknown): string => bytesOf(value).toString('hex')
