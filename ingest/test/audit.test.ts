// The audit of queries over real HTTP: what its lines say and what they never say, that it goes on when its file is
// moved away, and what happens while it cannot be written.
import { existsSync, readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { AuditEntry } from '../src/audit/audit-entry.ts'
import type { ApiError } from '../src/wire.ts'
import { grpcExport } from './grpc-client.ts'
import { hexId, requestOf } from './sample.ts'
import {
  endOfMain,
  getCounters,
  post,
  protobufType,
  runChild,
  runIngest,
  temporaryFolder,
  testEnv,
} from './running.ts'

const traceId = hexId(0xabc, 32)
const body = requestOf([{ traceId, spanId: hexId(1, 16) }])
const keys = `
keys:
  - { name: grafana, key: read-secret, may: [read] }
  - { name: sender, key: write-secret, may: [write] }
`

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const linesOf = (path: string): AuditEntry[] =>
  textOf(path)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditEntry)

async function lines(path: string, count: number): Promise<AuditEntry[]> {
  await vi.waitFor(() => expect(linesOf(path)).toHaveLength(count), { timeout: 10_000 })
  return linesOf(path)
}

async function withKeys() {
  const folder = temporaryFolder()
  const [keysFile, path] = [join(folder, 'keys.yaml'), join(folder, 'audit.jsonl')]
  writeFileSync(keysFile, keys)
  const ingest = await runIngest({ PROBESPAN_KEYS_FILE: keysFile, PROBESPAN_AUDIT_FILE: path })
  return { ...ingest, path }
}

const reader = { 'x-api-key': 'read-secret' }

test('a line a query says who asked what, of which time, and what it took', async () => {
  const { url, path } = await withKeys()
  await post(`${url}/v1/traces`, body, { ...protobufType, 'x-api-key': 'write-secret' })
  const beforeMs = Date.now()
  const query = 'start=1000&end=2000000000000000000&attribute=a%3Db&attribute=c%3Dd'
  await fetch(`${url}/api/traces?${query}`, { headers: { ...reader, 'x-forwarded-for': '203.0.113.9' } })
  await fetch(`${url}/api/traces/${traceId}`, { headers: { authorization: 'Bearer read-secret' } })
  await fetch(`${url}/api/traces?limit=0`, { headers: reader })
  const [list, trace, invalid] = await lines(path, 3)
  expect(list).toEqual({
    time: expect.any(String),
    event: 'query',
    key: 'grafana',
    address: '127.0.0.1',
    forwardedFor: '203.0.113.9',
    protocol: 'http',
    method: 'GET',
    route: '/api/traces',
    path: '/api/traces',
    parameters: { start: '1000', end: '2000000000000000000', attribute: ['a=b', 'c=d'] },
    rangeStart: '1000',
    rangeEnd: '2000000000000000000',
    status: 200,
    durationMs: expect.any(Number),
    questions: { search: 1 },
    spansInspected: expect.any(Number),
    returned: 0,
  })
  expect(Date.parse(list?.time ?? '')).toBeGreaterThanOrEqual(beforeMs)
  expect(trace).toMatchObject({ key: 'grafana', route: '/api/traces/:id', parameters: { id: traceId } })
  expect(trace).not.toHaveProperty('rangeStart')
  expect(invalid).toMatchObject({ status: 400, parameters: { limit: '0' } })
})

test('who was refused has a line, and a key is nowhere in it', async () => {
  const { url, path } = await withKeys()
  await fetch(`${url}/api/traces`)
  await fetch(`${url}/api/traces`, { headers: { 'x-api-key': 'wrong-secret' } })
  await fetch(`${url}/api/services`, { headers: { 'x-api-key': 'write-secret' } })
  await fetch(`${url}/api/traces?name=read-secret&api_key=other-secret`, { headers: reader })
  await fetch(`${url}/api/traces/read-secret`, { headers: reader })
  const found = await lines(path, 5)
  expect(found.map(({ key, status }) => [key, status])).toEqual([
    [null, 401],
    [null, 401],
    ['sender', 403],
    ['grafana', 400],
    ['grafana', 400],
  ])
  expect(found[3]?.parameters).toEqual({ name: '(hidden)', api_key: '(hidden)' })
  expect(textOf(path)).not.toContain('secret')
})

test('every other API is audited in the same way: Tempo’s, Jaeger’s over HTTP and gRPC', async () => {
  const path = join(temporaryFolder(), 'audit.jsonl')
  const { url, otlpGrpcUrl = '' } = await runIngest({
    PROBESPAN_AUDIT_FILE: path,
    PROBESPAN_OTLP_GRPC_PORT: '0',
    TRACES_INGESTION_API_KEY: 'top-secret',
  })
  const metadata = { 'x-api-key': 'top-secret' }
  await post(`${url}/v1/traces`, body, { ...protobufType, ...metadata })
  await fetch(`${url}/tempo/api/search?q=%7B%7D&start=1600000000&end=1800000000`, { headers: metadata })
  await fetch(`${url}/jaeger/api/v3/services`, { headers: metadata })
  const call = (method: string, sent: object, message = Buffer.alloc(0)) =>
    grpcExport(
      { url: otlpGrpcUrl, method: `/jaeger.api_v3.QueryService/${method}`, metadata: { ...sent } },
      message,
    )
  const id = Buffer.from(traceId)
  await call('GetTrace', metadata, Buffer.concat([Buffer.from([10, id.length]), id]))
  await call('GetServices', {})
  const [tempo, jaeger, trace, refused] = await lines(path, 4)
  const key = 'TRACES_INGESTION_API_KEY'
  expect(tempo).toMatchObject({ key, status: 200, returned: 1, questions: { search: 1 } })
  expect(tempo?.rangeStart).toBe('1600000000000000000')
  expect(jaeger).toMatchObject({ key, status: 200, questions: { services: 1 } })
  expect(trace).toMatchObject({
    key,
    protocol: 'grpc',
    route: 'jaeger.api_v3.QueryService/GetTrace',
    parameters: { traceId },
    status: 0,
    address: '127.0.0.1',
  })
  expect(refused).toMatchObject({ key: null, status: 16 })
  expect(textOf(path)).not.toContain('secret')
})

test('senders, health, metrics and the page are no queries', async () => {
  const { url, path } = await withKeys()
  await post(`${url}/v1/traces`, body, { ...protobufType, 'x-api-key': 'write-secret' })
  await post(`${url}/v1/logs`, '{}', { 'content-type': 'application/json', 'x-api-key': 'write-secret' })
  for (const other of ['/healthz', '/readyz', '/metrics', '/', '/traces/abc', '/favicon.ico']) {
    await fetch(url + other, { headers: reader })
  }
  await fetch(`${url}/api/services`, { headers: reader })
  expect((await lines(path, 1)).map(({ route }) => route)).toEqual(['/api/services'])
})

test('without keys everyone is everyone; stopping writes what waits', async () => {
  const path = join(temporaryFolder(), 'audit.jsonl')
  const { url, close } = await runIngest({ PROBESPAN_AUDIT_FILE: path })
  for (let at = 0; at < 50; at++) await fetch(`${url}/api/services?at=${at}`)
  await close()
  const found = linesOf(path)
  expect(found.map(({ parameters }) => Number(parameters['at']))).toEqual(
    Array.from({ length: 50 }, (_, at) => at),
  )
  expect(found[0]?.key).toBe('everyone')
})

test('a file that was moved away is followed by a new one, at once by SIGHUP', async () => {
  const path = join(temporaryFolder(), 'audit.jsonl')
  // Half a line, as of a process that was killed.
  writeFileSync(path, '{"time"')
  const child = await runChild({ PROBESPAN_AUDIT_FILE: path })
  const ask = (at: number) => fetch(`${child.url}/api/services?at=${at}`)
  await ask(1)
  await vi.waitFor(() => expect(textOf(path)).toMatch(/^\{"time"\n\{.*"1".*\}\n$/), { timeout: 10_000 })
  renameSync(path, `${path}.1`)
  child.process.kill('SIGHUP')
  await vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 10_000 })
  await ask(2)
  expect((await lines(path, 1))[0]?.parameters).toEqual({ at: '2' })
  renameSync(path, `${path}.2`)
  // Without a signal it is seen within a second.
  let asked = 2
  await vi.waitFor(
    async () => {
      await ask(++asked)
      expect(existsSync(path)).toBe(true)
    },
    { timeout: 10_000, interval: 200 },
  )
  child.process.kill('SIGTERM')
  await child.exited
  const all = [...linesOf(`${path}.2`), ...linesOf(path)].map(({ parameters }) => Number(parameters['at']))
  expect(all).toEqual(Array.from({ length: asked - 1 }, (_, at) => at + 2))
})

test('a file that cannot be opened is a reason not to start', async () => {
  const path = join(temporaryFolder(), 'no', 'audit.jsonl')
  const ending = await endOfMain(testEnv({ PROBESPAN_AUDIT_FILE: path }))
  expect(ending.code).toBe(2)
  expect(ending.stderr).toMatch(/PROBESPAN_AUDIT_FILE.*no\/audit\.jsonl.*or "log"/)
  const required = await endOfMain(testEnv({ PROBESPAN_AUDIT_FILE: 'log', PROBESPAN_AUDIT_REQUIRED: 'true' }))
  expect([required.code, required.stderr]).toEqual([2, expect.stringContaining('must name a file')])
})

/** A device that is always full, until `makeRoom`. */
function fullDisk(): { path: string; makeRoom: () => string } {
  const folder = temporaryFolder()
  const path = join(folder, 'audit.jsonl')
  symlinkSync('/dev/full', path)
  return {
    path,
    makeRoom() {
      const file = join(folder, 'room.jsonl')
      unlinkSync(path)
      symlinkSync(file, path)
      return file
    },
  }
}

const failing = async (url: string): Promise<boolean> =>
  /^probespan_ingest_audit_failing 1$/m.test(await (await fetch(`${url}/metrics`)).text())

test('while it cannot be written queries go on, loudly, and their lines are written later', async () => {
  const { path, makeRoom } = fullDisk()
  const child = await runChild({ PROBESPAN_AUDIT_FILE: path, PROBESPAN_LOG_LEVEL: 'error' })
  for (let at = 0; at < 3; at++) expect((await fetch(`${child.url}/api/services?at=${at}`)).status).toBe(200)
  await vi.waitFor(async () => expect(await failing(child.url)).toBe(true), { timeout: 10_000 })
  await vi.waitFor(() => expect(child.said()).toContain('the audit cannot be written'), { timeout: 10_000 })
  const file = makeRoom()
  const found = await lines(file, 3)
  expect(found.map(({ parameters }) => parameters['at'])).toEqual(['0', '1', '2'])
  await vi.waitFor(async () => expect(await failing(child.url)).toBe(false), { timeout: 10_000 })
  // Reading the counters is a query, too.
  const { auditLines, auditLinesLost } = await getCounters(child.url)
  expect([auditLines, auditLinesLost]).toEqual([3, 0])
})

test('where the audit is required nothing is answered while it cannot be written; spans are taken', async () => {
  const { path, makeRoom } = fullDisk()
  const { url } = await runIngest({ PROBESPAN_AUDIT_FILE: path, PROBESPAN_AUDIT_REQUIRED: 'true' })
  await fetch(`${url}/api/services`)
  await vi.waitFor(async () => expect(await failing(url)).toBe(true), { timeout: 10_000 })
  const refused = await fetch(`${url}/api/services`)
  expect([refused.status, (await refused.json()) as ApiError]).toMatchObject([
    503,
    { error: { code: 'audit_failed' } },
  ])
  expect((await post(`${url}/v1/traces`, body, protobufType)).status).toBe(200)
  const file = makeRoom()
  await vi.waitFor(async () => expect((await fetch(`${url}/api/services`)).status).toBe(200), {
    timeout: 10_000,
  })
  await vi.waitFor(() => expect(linesOf(file).map(({ status }) => status)).toContain(503), {
    timeout: 10_000,
  })
})

test('"log" puts it into the log, whatever else that leaves out', async () => {
  const child = await runChild({ PROBESPAN_AUDIT_FILE: 'log', PROBESPAN_LOG_LEVEL: 'error' })
  await fetch(`${child.url}/api/services`)
  await vi.waitFor(() => expect(child.said()).toContain('"audit"'), { timeout: 10_000 })
  expect(JSON.parse(child.said().split('\n')[0] ?? '')).toMatchObject({
    msg: 'query',
    audit: { route: '/api/services' },
  })
})
