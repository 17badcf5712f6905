// A page in a real browser sends spans to ingest, which is of another origin: it may where its origin is listed, and
// not where another is.
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { getCounters, runIngest } from './running.ts'
import { hexId } from './sample.ts'

const executablePath = '/usr/bin/chromium'
const isMissing = !existsSync(executablePath)
if (isMissing) {
  const words = `${executablePath} is missing: install Debian's package "chromium" to test sending from pages`
  if (process.env['CI'] === 'true') throw new Error(words)
  console.warn(words)
}

async function pageOfAnotherOrigin(): Promise<{ page: Page; origin: string }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>shop</title>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  })
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  await page.goto(origin)
  return { page, origin }
}

const span = { traceId: hexId(1, 32), spanId: hexId(1, 16), name: 'click', kind: 3 }
const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })

/** What the page sees: the status, or that the browser kept the answer from it. */
function sendFrom(page: Page, url: string): Promise<string> {
  return page.evaluate(
    async ([to, content]) => {
      const headers = { 'content-type': 'application/json', 'x-api-key': 'page-key' }
      try {
        return String((await fetch(to, { method: 'POST', headers, body: content })).status)
      } catch (error) {
        return String(error)
      }
    },
    [`${url}/v1/traces`, body] as const,
  )
}

test.skipIf(isMissing)('a page of a listed origin sends spans, one of another is kept from it', async () => {
  const { page, origin } = await pageOfAnotherOrigin()
  const auth = { 'x-api-key': 'page-key' }
  const key = { TRACES_INGESTION_API_KEY: 'page-key' }
  const open = await runIngest({ ...key, PROBESPAN_CORS_ORIGINS: origin })
  expect(await sendFrom(page, open.url)).toBe('200')
  expect(await getCounters(open.url, auth)).toMatchObject({ spansStored: 1 })

  const closed = await runIngest({ ...key, PROBESPAN_CORS_ORIGINS: 'https://shop.example' })
  expect(await sendFrom(page, closed.url)).toMatch(/TypeError/)
  expect(await getCounters(closed.url, auth)).toMatchObject({ spansStored: 0 })
})
