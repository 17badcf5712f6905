// `probespan tail` as a user types it, against a running ingest that is also stopped and started again.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, onTestFinished, test, vi } from 'vitest'
import { readConfig, startIngest } from '@probespan/ingest'
import { tailSpan } from '@probespan/ingest/wire'
import { freePort } from '../src/demo/port.ts'
import { cliMain } from './stack.ts'

type Running = { url: string; close: () => Promise<void> }

async function runIngest(env: Record<string, string> = {}): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-tail-'))
  const ingest = await startIngest(
    readConfig({
      PROBESPAN_DB: join(folder, 'probespan.db'),
      PROBESPAN_PORT: '0',
      PROBESPAN_OTLP_HTTP_PORT: 'off',
      PROBESPAN_OTLP_GRPC_PORT: 'off',
      PROBESPAN_LOG_LEVEL: 'silent',
      PROBESPAN_OWN_TRACES: 'false',
      ...env,
    }),
  )
  let closing: Promise<void> | undefined
  const close = () => (closing ??= ingest.close())
  onTestFinished(async () => {
    await close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { url: ingest.url, close }
}

let spanId = 0
async function send(url: string, name: string): Promise<void> {
  const span = {
    traceId: '7'.padStart(32, '0'),
    spanId: String(++spanId).padStart(16, '0'),
    name,
    kind: 2,
    startTimeUnixNano: '1700000000000000001',
    endTimeUnixNano: '1700000000029600001',
    status: { code: 2 },
    attributes: [{ key: 'user', value: { stringValue: 'ada\u0007' } }],
  }
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  })
  expect(response.status).toBe(200)
}

function tail(url: string, ...args: string[]) {
  const child = execa(process.execPath, [cliMain, 'tail', ...args], {
    reject: false,
    env: { PROBESPAN_URL: url },
  })
  let [said, remarked] = ['', '']
  child.stdout.on('data', (chunk) => (said += String(chunk)))
  child.stderr.on('data', (chunk) => (remarked += String(chunk)))
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, said: () => said, remarked: () => remarked }
}

const patience = { timeout: 30_000, interval: 50 }

async function isConnected(url: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('probespan_ingest_tails_open 1')
  }, patience)
}

test('a line a span, and so many are enough', async () => {
  const { url } = await runIngest()
  const text = tail(url, '--q', '{ span.user =~ "ada.*" }', '--service', 'shop', '--count', '2')
  await isConnected(url)
  await send(url, 'GET /one')
  await send(url, 'GET /two')
  const { exitCode, stdout } = await text.child
  expect([exitCode, stdout.split('\n')]).toEqual([
    0,
    [
      `2023-11-14 22:13:20.000000     29.6 ms  ${'7'.padStart(32, '0')}  otlp  shop  SERVER GET /one  ERROR  span.user=ada\\x07`,
      expect.stringContaining('SERVER GET /two'),
    ],
  ])
})

test('ingest is stopped and started again: nothing is missed, nothing comes twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-tail-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort(0)
  const env = { PROBESPAN_PORT: String(port), PROBESPAN_DB: join(folder, 'probespan.db') }
  const first = await runIngest(env)
  const { child, said, remarked } = tail(first.url, '--json')
  await isConnected(first.url)
  await send(first.url, 'one')
  await vi.waitFor(() => expect(said()).toContain('"one"'), patience)
  await first.close()
  await vi.waitFor(() => expect(remarked()).toContain('broke off (ingest stops); trying again'), patience)
  const second = await runIngest(env)
  await send(second.url, 'two')
  await vi.waitFor(() => expect(said()).toContain('"two"'), patience)
  expect(remarked()).toContain('goes on where it was')
  const names = said()
    .trim()
    .split('\n')
    .map((line) => tailSpan.parse(JSON.parse(line)).name)
  expect(names).toEqual(['one', 'two'])
  child.kill('SIGTERM')
})

test('what is refused, and that nobody is there, is told at once', async () => {
  const { url } = await runIngest()
  const refused = await tail(url, '--q', '{} | rate()').child
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('one { … }')])
  const nobody = await tail('http://127.0.0.1:1').child
  expect([nobody.exitCode, nobody.stderr]).toEqual([
    1,
    expect.stringContaining('no answer from http://127.0.0.1:1'),
  ])
})
