// Nothing of a span is lost in translation: every field of the OTLP trace messages, sent as JSON and as protobuf, by
// HTTP and gRPC, through the real service, is in the stored bytes, and in the answer wherever wire.ts has a place for it.
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { queueBytesMax } from '../src/limits.ts'
import { protobufFromJson } from '../src/otlp/json.ts'
import { exportRequestType, spanType } from '../src/otlp/schema.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { span as wireSpan } from '../src/wire.ts'
import type { Ingest } from '../src/index.ts'
import { jsonFromProtobuf } from '../src/otlp/json-write.ts'
import { grpcExport } from './grpc-client.ts'
import { everyField } from './every-field.ts'
import type { JsonMessage } from './every-field.ts'
import { getTrace, jsonType, post, protobufType, runIngest, temporaryFolder } from './running.ts'

// opentelemetry-proto 1.9, written down once more so that the service's own schema cannot quietly lose a field.
const official: Record<string, string> = {
  ExportTraceServiceRequest: '1 resourceSpans',
  ResourceSpans: '1 resource, 2 scopeSpans, 3 schemaUrl',
  ScopeSpans: '1 scope, 2 spans, 3 schemaUrl',
  Resource: '1 attributes, 2 droppedAttributesCount, 3 entityRefs',
  EntityRef: '1 schemaUrl, 2 type, 3 idKeys, 4 descriptionKeys',
  InstrumentationScope: '1 name, 2 version, 3 attributes, 4 droppedAttributesCount',
  Span:
    '1 traceId, 2 spanId, 3 traceState, 4 parentSpanId, 5 name, 6 kind, 7 startTimeUnixNano, ' +
    '8 endTimeUnixNano, 9 attributes, 10 droppedAttributesCount, 11 events, 12 droppedEventsCount, 13 links, ' +
    '14 droppedLinksCount, 15 status, 16 flags',
  Event: '1 timeUnixNano, 2 name, 3 attributes, 4 droppedAttributesCount',
  Link: '1 traceId, 2 spanId, 3 traceState, 4 attributes, 5 droppedAttributesCount, 6 flags',
  Status: '2 message, 3 code',
  KeyValue: '1 key, 2 value, 3 keyStrindex',
  AnyValue:
    '1 stringValue, 2 boolValue, 3 intValue, 4 doubleValue, 5 arrayValue, 6 kvlistValue, 7 bytesValue, ' +
    '8 stringValueStrindex',
  ArrayValue: '1 values',
  KeyValueList: '1 values',
}

test('the schema has every field of the protocol, under its number', () => {
  const found: Record<string, string> = {}
  const visit = (type: protobuf.Type): void => {
    if (found[type.name] !== undefined) return
    const fields = type.fieldsArray.toSorted((a, b) => a.id - b.id)
    found[type.name] = fields.map(({ id, name }) => `${id} ${name}`).join(', ')
    for (const { resolvedType } of fields) if (resolvedType instanceof protobuf.Type) visit(resolvedType)
  }
  visit(exportRequestType)
  expect(found).toEqual(official)
})

const document = everyField(exportRequestType)
const [firstResource] = list(document['resourceSpans'])
const [namespace] = list(message(firstResource?.['resource'])['attributes'])
// The one attribute that has a place of its own in the answer.
if (namespace !== undefined) namespace['key'] = 'service.namespace'
const binary = protobufFromJson(JSON.stringify(document)).body

test('JSON to protobuf keeps every field', () => {
  expect(jsonFromProtobuf(binary)).toEqual(document)
})

test('snake_case JSON gives the same bytes', () => {
  const snake = JSON.stringify(document).replaceAll(/"([a-z]+[A-Z][A-Za-z]*)":/g, (_all, key: string) => {
    return `"${key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`
  })
  expect(snake).toContain('"start_time_unix_nano"')
  expect(protobufFromJson(snake).body).toEqual(binary)
})

type Send = (ingest: Ingest) => Promise<void>
const byHttp =
  (body: Buffer | string, headers: Record<string, string>): Send =>
  async ({ url }) =>
    expect((await post(`${url}/v1/traces`, body, headers)).status).toBe(200)
const senders: [string, Send][] = [
  ['protobuf', byHttp(binary, protobufType)],
  ['JSON', byHttp(JSON.stringify(document), jsonType)],
  ['gRPC', async ({ otlpGrpcUrl: url = '' }) => expect((await grpcExport({ url }, binary)).code).toBe(0)],
]

test.each(senders)('sent as %s, the stored bytes hold it all unchanged', async (_name, send) => {
  const path = `${temporaryFolder()}/probespan.db`
  const ingest = await runIngest({ PROBESPAN_DB: path, PROBESPAN_OTLP_GRPC_PORT: '0' })
  await send(ingest)
  await ingest.close()
  const store = openSqliteStore(path, queueBytesMax)
  expect((await store.blockAfter(0))?.body).toEqual(binary)
  await store.close()
})

test.each(senders)(
  'sent as %s, every field that wire.ts has a place for is in the answer',
  async (_name, send) => {
    const ingest = await runIngest({ PROBESPAN_OTLP_GRPC_PORT: '0' })
    await send(ingest)
    const [resourceSpans] = list(document['resourceSpans'])
    const [scopeSpans] = list(resourceSpans?.['scopeSpans'])
    const [sent] = list(scopeSpans?.['spans'])
    const [event] = list(sent?.['events'])
    const [link] = list(sent?.['links'])
    const { spans } = await getTrace(ingest.url, String(sent?.['traceId']))
    expect(spans).toEqual([
      {
        traceId: sent?.['traceId'],
        spanId: sent?.['spanId'],
        parentSpanId: sent?.['parentSpanId'],
        traceState: sent?.['traceState'],
        name: sent?.['name'],
        kind: 'SERVER',
        startUnixNano: sent?.['startTimeUnixNano'],
        durationNano: String(
          BigInt(String(sent?.['endTimeUnixNano'])) - BigInt(String(sent?.['startTimeUnixNano'])),
        ),
        status: { code: 'ERROR', message: message(sent?.['status'])['message'] },
        source: 'otlp',
        service: 'unknown_service',
        endpoint: message(namespace?.['value'])['stringValue'],
        attributes: shown(sent?.['attributes']),
        events: [
          {
            timeUnixNano: event?.['timeUnixNano'],
            name: event?.['name'],
            attributes: shown(event?.['attributes']),
          },
        ],
        links: [
          { traceId: link?.['traceId'], spanId: link?.['spanId'], attributes: shown(link?.['attributes']) },
        ],
        resource: { attributes: shown(message(resourceSpans?.['resource'])['attributes']) },
        scope: {
          name: message(scopeSpans?.['scope'])['name'],
          version: message(scopeSpans?.['scope'])['version'],
        },
      },
    ])
    expect(wireSpan.parse(spans[0])).toEqual(spans[0])
    // A field that wire.ts gains must be expected above.
    expect(Object.keys(spans[0] ?? {}).sort()).toEqual(Object.keys(wireSpan.shape).sort())
    expect(Object.keys(sent ?? {})).toHaveLength(spanType.fieldsArray.length)
  },
)

function message(value: unknown): JsonMessage {
  return value as JsonMessage
}

function list(value: unknown): JsonMessage[] {
  return value as JsonMessage[]
}

/** Attributes as wire.ts shows them: without the indexes into a profile's string table, which spans have no use for. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => !key.endsWith('Strindex'))
  return Object.fromEntries(entries.map(([key, inner]) => [key, shown(inner)]))
}
