// Real requests of Grafana Beyla 2.8.5, recorded on the wire, where the recordings are at hand.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Span } from '../src/wire.ts'
import { grpcExport } from './grpc-client.ts'
import {
  getJson,
  getTrace,
  getTraces,
  jsonType,
  post,
  protobufType,
  runIngest,
  temporaryFolder,
} from './running.ts'
import type { ServicesAnswer } from '../src/wire.ts'

const fixtures = new URL('../../../shared/fixtures/', import.meta.url)
const recording = (name: string) => fileURLToPath(new URL(name, fixtures))
const absent = !existsSync(fixtures)
if (absent) console.warn('skipped: the recordings (../shared/fixtures) are not here')
const beylaPath = '/api/traces/otlp/v1/traces'

async function allSpans(url: string): Promise<Span[]> {
  const { traces } = await getTraces(url, '?limit=1000&source=beyla')
  const found = await Promise.all(traces.map(({ traceId }) => getTrace(url, traceId)))
  return found.flatMap(({ spans }) => spans)
}

async function storedFrom(file: string, headers: Record<string, string>): Promise<string> {
  const { url } = await runIngest()
  expect((await post(url + beylaPath, readFileSync(recording(file)), headers)).status).toBe(200)
  return url
}

test.skipIf(absent)(
  'a recorded request gives the same 47 Beyla spans from protobuf and from JSON',
  async () => {
    const binary = await storedFrom('beyla/beyla-v2.8.5-go-app.otlp.pb', protobufType)
    const text = await storedFrom('beyla/beyla-v2.8.5-go-app.otlp.json', jsonType)
    const spans = await allSpans(binary)
    expect(spans).toHaveLength(47)
    expect(spans.every(({ source, service }) => source === 'beyla' && service === 'testsrv')).toBe(true)
    expect(await allSpans(text)).toEqual(spans)
    expect(await getJson<ServicesAnswer>(`${binary}/api/services`)).toEqual({
      services: [{ name: 'testsrv', sources: ['beyla'] }],
    })
  },
)

test.skipIf(absent)(
  'the same request over gRPC, by a key that is bound, and under a rule of one’s own',
  async () => {
    const folder = temporaryFolder()
    const keys = join(folder, 'keys.yaml')
    writeFileSync(
      keys,
      'keys:\n  - { name: beyla, key: b, may: [write] }\n  - { name: bound, key: o, may: [write], trace-source: otlp }\n' +
        '  - { name: reader, key: r, may: [read] }\n',
    )
    const config = join(folder, 'probespan.yaml')
    writeFileSync(
      config,
      'trace-sources:\n  - { source: http, resource-attribute: otel.library.name, is: github.com/grafana/beyla }\n',
    )
    const body = readFileSync(recording('beyla/beyla-v2.8.5-go-app.otlp.pb'))
    const sourcesBy = async (key: string, env: Record<string, string> = {}) => {
      const ingest = await runIngest({ PROBESPAN_KEYS_FILE: keys, PROBESPAN_OTLP_GRPC_PORT: '0', ...env })
      const metadata = { 'x-api-key': key }
      expect((await grpcExport({ url: ingest.otlpGrpcUrl ?? '', metadata }, body)).code).toBe(0)
      const { services } = await getJson<ServicesAnswer>(`${ingest.url}/api/services`, { 'x-api-key': 'r' })
      return services.flatMap(({ sources }) => sources)
    }
    expect(await sourcesBy('b')).toEqual(['beyla'])
    expect(await sourcesBy('o')).toEqual(['otlp'])
    expect(await sourcesBy('b', { PROBESPAN_CONFIG: config })).toEqual(['http'])
  },
)

test.skipIf(absent)(
  'a request span stands before "in queue" and "processing", which Beyla sends first',
  async () => {
    const url = await storedFrom('beyla/beyla-v2.8.5-go-app.otlp.pb', protobufType)
    const { spans } = await getTrace(url, 'c0d06b40b3e6e5549b6473bada9df08d')
    expect(spans.map(({ name }) => name)).toEqual(['GET /hello/{name}', 'in queue', 'processing'])
  },
)

test.skipIf(absent)('600 watched requests are 600 traces of three spans', async () => {
  const { url } = await runIngest()
  for (const file of ['pair/beyla-001.pb', 'pair/beyla-002.pb']) {
    expect((await post(url + beylaPath, readFileSync(recording(file)), protobufType)).status).toBe(200)
  }
  const { traces } = await getTraces(url, '?limit=1000&source=ebpf')
  expect(traces).toHaveLength(600)
  expect(traces.every(({ spanCount, rootSeen }) => spanCount === 3 && rootSeen)).toBe(true)
})
