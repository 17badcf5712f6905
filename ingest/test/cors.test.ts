// What a browser is told about pages of other origins: whose may send, on which paths, and nothing unless configured.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { printConfig, readConfig } from '../src/index.ts'
import { jsonType, post, runIngest, temporaryFolder } from './running.ts'

const page = 'https://shop.example'
const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))
const preflight = (url: string, origin: string) =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  })

test('the pages that are listed may send traces, metrics and logs, on both ports, and read the answers', async () => {
  const { url, otlpHttpUrl } = await runIngest({
    PROBESPAN_CORS_ORIGINS: `http://localhost:8080, ${page}`,
    PROBESPAN_OTLP_HTTP_PORT: '0',
    TRACES_INGESTION_API_KEY: 'k',
  })
  for (const base of [url, otlpHttpUrl]) {
    for (const path of ['/v1/traces', '/v1/metrics', '/v1/logs', '/api/traces/otlp']) {
      const asked = await preflight(base + path, page)
      expect([path, asked.status, corsOf(asked)]).toMatchObject([
        path,
        204,
        {
          'access-control-allow-origin': page,
          'access-control-allow-methods': 'POST',
          'access-control-allow-headers': expect.stringMatching(/content-encoding, content-type.*x-api-key/),
        },
      ])
    }
    const headers = { ...jsonType, origin: page }
    const refused = await post(`${base}/v1/traces`, '{}', headers)
    expect([refused.status, refused.headers.get('vary')]).toEqual([401, 'origin'])
    expect(corsOf(refused)).toMatchObject({ 'access-control-allow-origin': page })
    const taken = await post(`${base}/v1/traces`, '{}', { ...headers, 'x-api-key': 'k' })
    expect([taken.status, corsOf(taken)]).toMatchObject([
      200,
      { 'access-control-allow-origin': page, 'access-control-expose-headers': 'retry-after' },
    ])
  }
})

test('other pages are told nothing, and none may read traces', async () => {
  const { url } = await runIngest({ PROBESPAN_CORS_ORIGINS: page })
  for (const origin of ['https://evil.example', 'http://shop.example', `${page}:444`, 'null']) {
    expect([origin, corsOf(await post(`${url}/v1/traces`, '{}', { ...jsonType, origin }))]).toEqual([
      origin,
      {},
    ])
    expect(corsOf(await preflight(`${url}/v1/traces`, origin))).not.toHaveProperty(
      'access-control-allow-origin',
    )
  }
  for (const path of ['/api/traces', '/api/counters', '/metrics', '/']) {
    expect([path, corsOf(await fetch(url + path, { headers: { origin: page } }))]).toEqual([path, {}])
    expect((await preflight(url + path, page)).status).toBe(404)
  }
})

test('unless configured no browser may send; with * all may, but without credentials', async () => {
  const closed = await runIngest()
  expect((await preflight(`${closed.url}/v1/traces`, page)).status).toBe(404)
  expect(corsOf(await post(`${closed.url}/v1/traces`, '{}', { ...jsonType, origin: page }))).toEqual({})
  const open = await runIngest({ PROBESPAN_CORS_ORIGINS: '*' })
  const told = corsOf(await post(`${open.url}/v1/traces`, '{}', { ...jsonType, origin: page }))
  expect(told).toEqual({ 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' })
})

test('what is no origin is a mistake; a file may list them, and what is printed can be read again', () => {
  for (const wrong of [
    'shop.example',
    `${page}/`,
    'https://a.example https://b.example',
    'ftp://a.example',
    'null',
  ]) {
    expect(() => readConfig({ PROBESPAN_CORS_ORIGINS: wrong })).toThrow(
      /PROBESPAN_CORS_ORIGINS must be origins/,
    )
  }
  const file = join(temporaryFolder(), 'probespan.yaml')
  writeFileSync(file, `cors-origins: [${page}, 'http://localhost:8080']\n`)
  const origins = [page, 'http://localhost:8080']
  expect(readConfig({ PROBESPAN_CONFIG: file }).corsOrigins).toEqual(origins)
  const printed = printConfig({ PROBESPAN_CONFIG: file }, [])
  expect(parse(printed)).toMatchObject({ 'cors-origins': origins })
  writeFileSync(file, printed)
  expect(readConfig({ PROBESPAN_CONFIG: file }).corsOrigins).toEqual(origins)
})
