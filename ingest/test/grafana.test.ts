// What Grafana's clients send, one by one, over stored traces: each text gets the right answer, in the shape that Grafana's
// strict reader takes. Grafana itself is in none of the registries that these tests install from.
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { metrics, searches } from './grafana-queries.ts'
import { otlpSpans } from './otlp-trace.ts'
import { post, protobufType, runIngest } from './running.ts'
import { sharedIngest } from './shared-ingest.ts'
import { range, shopRequest } from './shop-traces.ts'
import { strictJson, strictProtobuf } from './strict-message.ts'
import { tempoType } from './tempo-messages.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into as a client's JavaScript would
type Answer = Record<string, any>

const { url: shop } = sharedIngest([shopRequest])

async function ask(url: string, type: string): Promise<Answer> {
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return strictJson(tempoType(type), text)
}

test.for(searches)('search $q', async ({ q, traces, matched }) => {
  const url = `${shop()}/tempo/api/search?q=${encodeURIComponent(q)}&limit=20&spss=10&${range}`
  const found = (await ask(url, 'SearchResponse'))['traces'] ?? []
  expect(found.map(({ traceID }: Answer) => traceID)).toEqual(traces)
  const counts: number[] = found.flatMap(({ spanSets }: Answer) =>
    spanSets.map((set: Answer) => set['matched']),
  )
  const sum = counts.reduce((total, count) => total + count, 0)
  expect(sum).toBe(matched ?? sum)
})

test('the structure of a trace, as the drilldown draws it: nested sets as whole numbers, by their bare names', async () => {
  const q = searches.at(-1)?.q ?? ''
  const url = `${shop()}/tempo/api/search?q=${encodeURIComponent(q)}&spss=20&${range}`
  const [trace] = (await ask(url, 'SearchResponse'))['traces']
  const fields = trace.spanSets[0].spans.map(({ name, attributes }: Answer) => [
    name,
    Object.fromEntries(
      attributes.map(({ key, value }: Answer) => [key, value.intValue ?? value.stringValue]),
    ),
  ])
  expect(fields).toEqual([
    [
      'POST /checkout',
      expect.objectContaining({
        status: 'error',
        'service.name': 'shop',
        nestedSetLeft: '1',
        nestedSetParent: '-1',
      }),
    ],
    ['pay', expect.objectContaining({ nestedSetParent: '1' })],
    ['Pay', expect.objectContaining({ 'service.name': 'payments' })],
  ])
})

test.for(metrics)('metrics $q', async ({ q, sums, labels }) => {
  const base = `q=${encodeURIComponent(q)}&${range}`
  const { series = [] } = await ask(
    `${shop()}/tempo/api/metrics/query_range?${base}&step=30s`,
    'QueryRangeResponse',
  )
  expect(series.length).toBeGreaterThan(0)
  const keys = new Set(series.flatMap((each: Answer) => (each['labels'] ?? []).map(({ key }: Answer) => key)))
  for (const label of labels ?? []) expect(keys).toContain(label)
  const found: Record<string, number> = {}
  for (const each of series) {
    // A query without groups has the function's own name for a label.
    const [{ key = '', value = {} } = {}] = each.labels ?? []
    const name = key.startsWith('__name')
      ? ''
      : String(value.stringValue ?? value.intValue ?? value.doubleValue ?? '')
    const sum = each.samples.reduce((total: number, sample: Answer) => total + (sample['value'] ?? 0), 0)
    found[name] = (found[name] ?? 0) + sum
  }
  for (const [name, sum] of Object.entries(sums ?? {})) expect(found[name]).toBeCloseTo(sum, 6)
  await ask(`${shop()}/tempo/api/metrics/query?${base}`, 'QueryInstantResponse')
})

const fixtures = new URL('../../../shared/fixtures/', import.meta.url)
const absent = !existsSync(fixtures)
if (absent) console.warn('skipped: the recordings (../shared/fixtures) are not here')

test.skipIf(absent)('a recording of Beyla: found by what it holds, and each trace whole', async () => {
  const { url } = await runIngest()
  const body = readFileSync(new URL('beyla/beyla-v2.8.5-go-app.otlp.pb', fixtures))
  expect((await post(`${url}/v1/traces`, body, protobufType)).status).toBe(200)
  const search = async (q: string): Promise<Answer[]> =>
    (await ask(`${url}/api/search?q=${encodeURIComponent(q)}&limit=100&spss=100`, 'SearchResponse'))[
      'traces'
    ] ?? []
  const found = await search('{ resource.service.name = "testsrv" }')
  const matched = found.flatMap(({ spanSets }) => spanSets.map((set: Answer) => set['matched']))
  expect(matched.reduce((sum: number, count: number) => sum + count, 0)).toBe(47)
  let spans = 0
  for (const { traceID, serviceStats } of found) {
    const response = await fetch(`${url}/api/v2/traces/${traceID}`, {
      headers: { accept: 'application/protobuf' },
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    strictProtobuf(tempoType('TraceByIDResponse'), bytes)
    strictJson(tempoType('TraceByIDResponse'), await (await fetch(`${url}/api/v2/traces/${traceID}`)).text())
    const bare = await fetch(`${url}/tempo/api/traces/${traceID}`, {
      headers: { accept: 'application/protobuf' },
    })
    const trace = otlpSpans(new Uint8Array(await bare.arrayBuffer()))
    expect(trace).toHaveLength(serviceStats['testsrv'].spanCount)
    spans += trace.length
  }
  expect(spans).toBe(47)
  const servers = await search('{ nestedSetParent < 0 && kind = server }')
  expect(servers.length).toBeGreaterThan(0)
  expect((await search('{ kind = server } > { name = "processing" }')).length).toBeGreaterThan(0)
  const tags = await ask(`${url}/api/v2/search/tags`, 'SearchTagsV2Response')
  expect(tags['scopes'].find(({ name }: Answer) => name === 'resource').tags).toContain('telemetry.sdk.name')
})
