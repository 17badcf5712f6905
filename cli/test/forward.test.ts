// `probespan forward …` as a user types it, against a running ingest with a destination that refuses.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig, startIngest } from '@probespan/ingest'
import { cliMain } from './stack.ts'

async function runIngest(destinations: object[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-forward-'))
  const config = join(folder, 'probespan.json')
  writeFileSync(config, JSON.stringify({ destinations }))
  const ingest = await startIngest(
    readConfig({
      PROBESPAN_CONFIG: config,
      PROBESPAN_DB: join(folder, 'probespan.db'),
      PROBESPAN_PORT: '0',
      PROBESPAN_OTLP_HTTP_PORT: 'off',
      PROBESPAN_OTLP_GRPC_PORT: 'off',
      PROBESPAN_LOG_LEVEL: 'silent',
      PROBESPAN_OWN_TRACES: 'false',
    }),
  )
  onTestFinished(async () => {
    await ingest.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return ingest.url
}

async function runDestination(statusOf: () => number): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => response.writeHead(statusOf()).end('too \u0007odd'))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`
}

const forward = (url: string, ...args: string[]) =>
  execa(process.execPath, [cliMain, 'forward', ...args], { reject: false, env: { PROBESPAN_URL: url } })

test('status, what was refused, sending it again and dropping it', async () => {
  let status = 400
  const endpoint = await runDestination(() => status)
  const url = await runIngest([{ name: 'odd', endpoint, 'flush-interval-ms': 20 }])
  const span = {
    traceId: '1'.padStart(32, '0'),
    spanId: '2'.padStart(16, '0'),
    name: 'checkout',
    startTimeUnixNano: '1700000000000000001',
    endTimeUnixNano: '1700000000000002001',
  }
  await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
  const setAside = async () => {
    const { stdout } = await forward(url, 'status', '--json')
    return (JSON.parse(stdout) as { setAside: { spans: number } }[])[0]?.setAside.spans
  }
  await expect.poll(setAside, { timeout: 30_000 }).toBe(1)

  const { stdout, exitCode } = await forward(url, 'status')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^odd +\| running \| +0 \| +\| +0 \| +1 \| +1 \| +0 \| +0$/m)
  expect(stdout).toMatch(/^Last errors:\nodd, 20\d\d-.*: 400 Bad Request: too odd$/m)
  const refused = await forward(url, 'refused', 'odd')
  expect(refused.stdout.split('\n')).toEqual([
    expect.stringMatching(/^1 {2}20\d\d-.* {2}1 refused: 400 Bad Request: too odd$/),
    `    ${span.traceId} ${span.spanId} checkout`,
  ])

  status = 200
  expect(await forward(url, 'replay', 'odd')).toMatchObject({
    exitCode: 0,
    stdout: 'batches to be sent again: 1',
  })
  await expect.poll(setAside, { timeout: 30_000 }).toBe(0)
  expect((await forward(url, 'refused', 'odd')).stdout).toBe('Nothing that was refused is set aside.')
  expect((await forward(url, 'drop', 'odd')).stdout).toBe('batches dropped: 0')
  expect((await forward(url, 'forget', 'odd')).stderr).toContain('"odd" is configured')
  expect(await forward(url, 'refused', 'other')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('nothing is forwarded to "other": there are odd.'),
  })
})

test('where nothing is forwarded it says how to', async () => {
  const url = await runIngest([])
  expect((await forward(url, 'status')).stdout).toMatch(/^Nothing is forwarded: name destinations/)
})
