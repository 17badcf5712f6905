// The page and the command line over the same live traces: they say the same.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { execa } from 'execa'
import { afterEach, expect, test } from 'vitest'
import { runTraffic } from '@probespan/usdt-demo'
import { findTraces } from '../src/client/ingest-client.ts'
import { cannotTrace, cliMain, project, Stack } from './stack.ts'

const skip = cannotTrace()
if (skip !== undefined) process.stderr.write(`${skip}\n`)

const stack = new Stack()
afterEach(() => stack.stop())

test.skipIf(skip !== undefined)('the page shows the trace that `probespan trace` prints', async () => {
  const url = await stack.startIngest()
  const shop = await stack.startShop()
  const args = ['bridge', '--pack', 'demo', '--pid', shop.child.pid.toString()]
  const bridge = await stack.startBridge(cliMain, args, { OTEL_EXPORTER_OTLP_ENDPOINT: url })
  await runTraffic({
    url: shop.url,
    requests: 120,
    concurrency: 8,
    seed: 3,
    signal: new AbortController().signal,
  })
  await shop.child.stop()
  await bridge.exit

  const table = await printed('traces', '--url', url, '--limit', '1000')
  const found = await findTraces({ url }, { limit: 1000 })
  expect(
    table
      .split('\n')
      .slice(2)
      .map((row) => row.slice(0, 32)),
  ).toEqual(found.map(({ traceId }) => traceId))

  const checkout = found.find(({ spanCount, rootSeen }) => spanCount === 3 && rootSeen)
  const traceId = checkout?.traceId ?? ''
  const tree = await printed('trace', traceId, '--url', url)
  expect(await shownByPage(url, traceId)).toEqual(rowsOf(tree))
})

const printed = async (...args: string[]): Promise<string> =>
  (await execa(process.execPath, [cliMain, ...args])).stdout

/** Each line of the tree: how deep, which name, how long. */
function rowsOf(tree: string): string[] {
  const lines = tree.split('Span Tree:\n')[1]?.split('\n') ?? []
  return lines.map((line) => {
    const [, lead = '', duration = '', name = ''] =
      /^([│├└─ ]*)\S+ \((\S+ \S+), (.*)\) {2}\+/.exec(line) ?? []
    return `${lead.length / 3 + 1} ${name} ${duration}`
  })
}

async function shownByPage(url: string, traceId: string): Promise<string[]> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 480 } })
    await page.goto(`${url}/traces/${traceId}`)
    await page.getByRole('treeitem').first().waitFor()
    mkdirSync(join(project, 'test-output'), { recursive: true })
    await page.screenshot({ path: join(project, 'test-output/demo-trace.png') })
    return await page.getByRole('treeitem').evaluateAll((rows) =>
      rows.map((row) => {
        const name = row.querySelector('[title^="shop: "]')?.textContent
        return `${row.getAttribute('aria-level')} ${name} ${row.children[1]?.textContent}`
      }),
    )
  } finally {
    await browser.close()
  }
}
