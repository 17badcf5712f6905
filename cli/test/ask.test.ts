// The commands that ask a running ingest, each a process of its own, as a user types them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, expect, test } from 'vitest'
import { readConfig, startIngest } from '@probespan/ingest'
import { cliMain } from './stack.ts'

const nowNano = BigInt(Date.now()) * 1_000_000n
const second = 1_000_000_000n
let url = ''

/** Ten requests of the shop, a second apart, each with a query to its database; the third fails. */
const requests = Array.from({ length: 10 }, (_, at) => {
  const traceId = (at + 1).toString(16).padStart(32, '0')
  const start = nowNano - second * BigInt(60 - at)
  const span = (spanId: string, parentSpanId: string, kind: number, name: string, durationMs: number) => ({
    traceId,
    spanId: `${traceId.slice(17)}${spanId}`,
    parentSpanId: parentSpanId && `${traceId.slice(17)}${parentSpanId}`,
    kind,
    name,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + BigInt(durationMs) * 1_000_000n),
    status: { code: at === 2 ? 2 : 0 },
    attributes: [
      { key: 'http.status', value: { intValue: String(at === 2 ? 500 : 200) } },
      { key: 'note', value: { stringValue: at % 2 === 0 ? 'even' : 'odd \u0007' } },
    ],
  })
  return [
    { service: 'shop', spans: [span('1', '', 2, 'GET /cart', 10 + at), span('2', '1', 3, 'SELECT', 5)] },
    { service: 'db', spans: [span('3', '2', 2, 'SELECT', 4)] },
  ]
})

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-ask-'))
  const ingest = await startIngest(
    readConfig({
      PROBESPAN_DB: join(folder, 'probespan.db'),
      PROBESPAN_PORT: '0',
      PROBESPAN_OTLP_HTTP_PORT: 'off',
      PROBESPAN_OTLP_GRPC_PORT: 'off',
      PROBESPAN_LOG_LEVEL: 'silent',
      PROBESPAN_OWN_TRACES: 'false',
    }),
  )
  url = ingest.url
  const resourceSpans = requests.flat().map(({ service, spans }) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [{ spans }],
  }))
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  })
  if (!response.ok) throw new Error(await response.text())
  return async () => {
    await ingest.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

const probespan = (...args: string[]) =>
  execa(process.execPath, [cliMain, ...args], { reject: false, env: { PROBESPAN_URL: url } })
const idsOf = (jsonLines: string): number[] =>
  jsonLines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number(`0x${(JSON.parse(line) as { traceId: string }).traceId}`))

test.each([
  [['--attribute', 'http.status>=500'], [3]],
  [
    ['--attribute', 'http.status!=500', '--limit', '2'],
    [10, 9],
  ],
  [
    ['--attribute', 'note=~odd.*', '--order', 'slowest', '--limit', '2'],
    [10, 8],
  ],
  [['--kind', 'CLIENT', '--name', 'SELECT', '--status', 'ERROR'], [3]],
  [['--q', '{ resource.service.name = "db" && status = error }'], [3]],
  [['--min-duration', '18ms', '--max-duration', '18ms'], [9]],
  [['--start', String(nowNano - second * 52n), '--end', String(nowNano - second * 51n)], [9]],
  [['--since', '1h', '--limit', '1'], [10]],
  [['--all'], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]],
])('traces %s', async (flags, expected) => {
  const { stdout, exitCode } = await probespan('traces', '--json', ...flags)
  expect([exitCode, idsOf(stdout)]).toEqual([0, expected])
})

test('a list says how it goes on, and goes on there', async () => {
  const first = await probespan('traces', '--limit', '4')
  expect(first.stdout.split('\n')).toHaveLength(6)
  const cursor = /^probespan: there are more: add --cursor (\S+), or --all$/.exec(first.stderr)?.[1] ?? ''
  const second = await probespan('traces', '--limit', '100', '--json', '--cursor', cursor)
  expect([idsOf(second.stdout), second.stderr]).toEqual([[6, 5, 4, 3, 2, 1], ''])
  const other = await probespan('traces', '--service', 'db', '--cursor', cursor)
  expect([other.exitCode, other.stdout, other.stderr]).toEqual([
    1,
    '',
    expect.stringContaining('it must go with the filters and the order of the answer that it is from'),
  ])
})

test('a trace without what only one span shows', async () => {
  const id = '3'.padStart(32, '0')
  const whole = await probespan('trace', id)
  const skeleton = await probespan('trace', id, '--skeleton')
  expect(whole.stdout).toContain('shop (12 ms, GET /cart)  +0 ns  ERROR')
  expect(skeleton.stdout).toBe(whole.stdout)
  const json = await probespan('trace', id, '--skeleton', '--json')
  expect(json.stdout).not.toContain('http.status')
})

test('what there is: services, operations, attributes and their values', async () => {
  expect((await probespan('services')).stdout.split('\n')).toEqual([
    'Service | Sources',
    '--------|--------',
    'db      | otlp',
    'shop    | otlp',
  ])
  expect((await probespan('operations', 'shop')).stdout.split('\n')).toEqual([
    'Operation | Kinds  | Spans',
    '----------|--------|------',
    'GET /cart | SERVER |    10',
    'SELECT    | CLIENT |    10',
  ])
  expect((await probespan('operations', 'shp')).stdout).toMatch(/^No spans of a service "shp" are stored/)
  expect((await probespan('attributes', '--service', 'db')).stdout.split('\n').slice(2).toSorted()).toEqual([
    'http.status  | span     |    10',
    'note         | span     |    10',
    'service.name | resource |    10',
  ])
  expect((await probespan('attributes', 'note', '--status', 'UNSET')).stdout.split('\n')).toEqual([
    'Value    | Spans',
    '---------|------',
    'odd \\x07 |    15',
    'even     |    12',
  ])
  const refused = await probespan('attributes', '--min-duration', '1s')
  expect(refused.stderr).toContain('"durationMin" is no parameter here')
})

test('figures: red with traces behind it, and series', async () => {
  const { stdout } = await probespan('red', '--by', 'service,operation', '--examples')
  const [head, , ...rows] = stdout.split('\n')
  expect(head).toMatch(
    /^Service \| Operation \| Spans \| +Rate \| +Errors \| +p50 \| +p95 \| +p99 \| A slow trace +\| A failed trace$/,
  )
  const cart = rows.find((row) => row.includes('GET /cart'))
  expect(cart).toMatch(/^shop +\| GET \/cart +\| +10 \| 0\.00278\/s \| 1 \(10 %\) \| +1\d(\.\d+)? ms \| /)
  expect(cart).toContain(`| ${'3'.padStart(32, '0')}`)
  const json = await probespan('red', '--json', '--step', '30m')
  expect(JSON.parse(json.stdout)).toMatchObject({
    groups: [{ service: 'shop', steps: [{}, {}] }, { service: 'db' }],
  })

  const series = await probespan('series', '--step', '5m')
  expect(series.stdout).toMatch(/^20\d\d-.* UTC, a sample every 5 min 0 s\n\nSeries +\| +Least \|/)
  expect(series.stdout).toMatch(/^service=shop measure=rate +\|.*\/s \| [▁-█ ]+$/m)
  expect(series.stdout).toMatch(/^service=db measure=p95 +\| +4(\.\d+)? ms \|/m)
  const asked = await probespan('series', '--q', '{ status = error } | count_over_time()', '--step', '1h')
  expect(asked.stdout).toMatch(/\| +3 \| /)
})

test('who calls whom', async () => {
  const edge = async (): Promise<string> => (await probespan('dependencies')).stdout
  await expect
    .poll(edge, { timeout: 60_000 })
    .toMatch(/^shop +\| db +\| call +\| otlp +\| +10 \| 0\.00278\/s \| +1 \| +\d/m)
  const json = await probespan('dependencies', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ dependencies: expect.any(Array) })
})

test.each([
  [['traces', '--attribute', 'status>many'], 'it must have a number after >'],
  [['traces', '--q', '{ nonsense'], 'At character'],
  [['red', '--step', '1ms'], 'steps of the range, more than 2000'],
  [['series', '--q', '{ }'], 'it finds traces instead of measuring'],
])('%s: the server’s words', async (args, words) => {
  const { exitCode, stdout, stderr } = await probespan(...args)
  expect([exitCode, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^probespan: http:\S+ refuses: /)
  expect(stderr).toContain(words)
})

test.each([
  [['traces', '--start', 'noon'], 'Give a time such as'],
  [['traces', '--all', '--limit', '5'], 'cannot be used with'],
  [['red', '--by', 'host'], 'Give a list, by commas, of service'],
  [['series', '--step', 'fast'], 'Give a whole number and ms'],
])('%s is refused before anybody is asked', async (args, words) => {
  const { exitCode, stderr } = await probespan(...args)
  expect(exitCode).toBe(1)
  expect(stderr).toContain(words)
})
