// The data sources that Grafana is given in compose/grafana: each one's address is one that ingest answers at, with the key
// sent as Grafana would send it.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { runIngest } from './running.ts'

type Source = {
  name: string
  uid: string
  type: string
  url: string
  jsonData: { httpHeaderName1?: string; serviceMap?: { datasourceUid: string } }
  secureJsonData?: { httpHeaderValue1: string }
}

const text = readFileSync(new URL('../../compose/grafana/datasources.yaml', import.meta.url), 'utf8')
const { datasources } = parse(text) as { datasources: Source[] }

/** What the data source's own test asks for, and then a question that needs the key. */
const asked: Record<string, [health: string, keyed: string]> = {
  tempo: ['/api/echo', '/api/v2/search/tags'],
  jaeger: ['/api/services', '/api/services'],
}

test.each(datasources.filter(({ type }) => type in asked))(
  '$name is answered at its address',
  async (source) => {
    const { url } = await runIngest({ TRACES_INGESTION_API_KEY: 'open' })
    const base = source.url.replace('$PROBESPAN_URL', url)
    const headers = {
      [source.jsonData.httpHeaderName1 ?? '']:
        source.secureJsonData?.httpHeaderValue1.replace('$PROBESPAN_API_KEY', 'open') ?? '',
    }
    const [health = '', keyed = ''] = asked[source.type] ?? []
    expect((await fetch(base + health, { headers })).status).toBe(200)
    expect([(await fetch(base + keyed, { headers })).status, (await fetch(base + keyed)).status]).toEqual([
      200, 401,
    ])
  },
)

test('they refer to each other by ids that are there', () => {
  const uids = datasources.map(({ uid }) => uid)
  const [serviceMap] = datasources.flatMap(({ jsonData }) => jsonData.serviceMap ?? [])
  expect(uids).toContain(serviceMap?.datasourceUid)
  expect(new Set(uids).size).toBe(3)
})
