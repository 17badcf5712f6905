// `GET /api/openapi.json`: it is OpenAPI, every path of the API is in it with every parameter that the path takes, and
// what the service really answers fits it.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, expect, test } from 'vitest'
import { requestFaults } from '../src/faults.ts'
import { firstStart, madeTraces, send } from './asked-traces.ts'
import { getJson, startForAll } from './running.ts'

type Operation = {
  summary: string
  parameters?: { name: string; in: string }[]
  responses: Record<string, object>
}
type Document = { paths: Record<string, Record<string, Operation>> }

const spans = madeTraces(3, 50)
const traceId = spans[0]?.traceId ?? ''
const range = `start=${firstStart}&end=${firstStart + 100_000_000n}`
let url = ''
let document: Document

beforeAll(async () => {
  const ingest = await startForAll()
  url = ingest.url
  await send(url, spans)
  document = await getJson<Document>(`${url}/api/openapi.json`)
  return ingest.close
})

test('it is an OpenAPI 3.1 document', async () => {
  const validator = new Validator()
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('every route that the sources of the API add is in it', () => {
  const source = fileURLToPath(new URL('../src/', import.meta.url))
  const routes = ['query', 'forward', 'receive', 'tail']
    .flatMap((folder) => readdirSync(source + folder).map((name) => `${source}${folder}/${name}`))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .flatMap((path) => [
      ...readFileSync(path, 'utf8').matchAll(/app\.(get|post|delete)\(\s*'(\/(?:api|v1)\/[^']+)'/g),
    ])
    .map(([, method = '', path = '']) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  expect(routes.length).toBeGreaterThan(15)
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  expect(described).toEqual(expect.arrayContaining(routes))
})

test('parameters are those that the service names when it refuses one', async () => {
  for (const [path, { get }] of Object.entries(document.paths)) {
    const described =
      get?.parameters?.filter((parameter) => parameter.in === 'query').map(({ name }) => name) ?? []
    if (described.length === 0) continue
    const response = await fetch(`${url}${filled(path)}?nothing=1`)
    const { error } = (await response.json()) as { error: { message: string } }
    expect([path, error.message]).toEqual([
      path,
      `"nothing" is no parameter here; there are ${described.join(', ')}.`,
    ])
  }
})

const filled = (path: string): string =>
  path
    .replace('{id}', traceId)
    .replace('{spanId}', spans[0]?.spanId ?? '')
    .replace('{key}', 'http.status')
    .replace('{name}', 'shop')

test.each([
  ['/api/traces', '?limit=3'],
  ['/api/traces', '?q=%7B%20status%20%3D%20error%20%7D'],
  ['/api/traces/{id}', ''],
  ['/api/traces/{id}', '?skeleton=true'],
  ['/api/traces/{id}/spans/{spanId}', ''],
  ['/api/services', ''],
  ['/api/services/{name}/operations', ''],
  ['/api/attributes', ''],
  ['/api/attributes/{key}/values', ''],
  ['/api/endpoints', ''],
  ['/api/counters', ''],
  ['/api/red', `?${range}&by=service,kind&step=10000000`],
  ['/api/series', `?${range}&step=10000000`],
  ['/api/series', `?${range}&step=10000000&q=%7B%7D%20%7C%20avg_over_time(duration)%20by%20(name)`],
  ['/api/forward', ''],
  ['/api/openapi.json', ''],
])('an answer of %s%s fits what is said of it', async (path, query) => {
  const response = await fetch(url + filled(path) + query)
  expect(response.status).toBe(200)
  const answer: unknown = await response.json()
  expect(faultsOf(path, '200', answer)).toEqual([])
  // Something else does not: the schema says something.
  expect(faultsOf(path, '200', 'something else')).not.toEqual([])
})

test('a fault fits what is said of it, and its codes are told', async () => {
  const response = await fetch(`${url}/api/traces?limit=0`)
  expect(faultsOf('/api/traces', 'default', await response.json())).toEqual([])
  for (const code of Object.keys(requestFaults)) expect(JSON.stringify(document)).toContain(`${code} (`)
})

function faultsOf(path: string, status: string, answer: unknown): unknown[] {
  const ajv = new Ajv2020({ strict: false })
  ajv.addSchema(document, 'api')
  const place = ['paths', path, 'get', 'responses', status, 'content', 'application/json', 'schema']
  const pointer = place
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/')
  const validate = ajv.compile({ $ref: `api#/${pointer}` })
  void validate(answer)
  return validate.errors ?? []
}
