// The list as a user has it: built, served by the real ingest process, in the system's Chromium.
import type { TracesAnswer } from '@probespan/ingest/wire'
import { describe, expect, test } from 'vitest'
import { keepScreenshot } from './browser.ts'
import { answerOf, listed, listedIds, untilListed } from './looks.ts'
import {
  beyla,
  beylaTraces,
  bridge,
  bridgeTraces,
  failedTrace,
  idsOf,
  sdkTraces,
  send,
  sharedSpans,
} from './shop-traces.ts'
import { setStage, skipsPage } from './stage.ts'

describe.skipIf(skipsPage)('the list', () => {
  const stage = setStage()

  test.each(['light', 'dark'] as const)('lists the stored traces, newest first (%s)', async (scheme) => {
    const page = await stage.open('/', scheme)
    await listed(page).first().waitFor()
    const { traces } = await answerOf<TracesAnswer>(stage.ingest(), '/api/traces?limit=50')
    expect(await listedIds(page)).toEqual(traces.map((trace) => trace.traceId))
    expect(await listedIds(page)).toEqual(idsOf(...bridgeTraces, ...beylaTraces, ...sdkTraces, sharedSpans))
    expect(await listed(page).first().textContent()).toContain('storefrontcheckout')
    const failed = page.locator(`[data-trace-id="${failedTrace[0]!.traceId}"]`)
    expect(await failed.getAttribute('aria-label')).toMatch(
      /^usdt-demo POST \/checkout, [\d.]+ ms, 4 spans, 2 with errors, bpftrace, started /,
    )
    expect(await failed.locator('time').getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z$/)
    await keepScreenshot(page, scheme === 'light' ? 'explorer-list' : 'explorer-list-dark')
  })

  test('the source filter leaves the traces of that source, and stands in the address', async () => {
    const page = await stage.open('/')
    await listed(page).first().waitFor()
    const expectOf = async (label: string, source: string, ids: string[]) => {
      await page.getByLabel('Source').selectOption({ label })
      await untilListed(page, ids)
      expect(new URL(page.url()).search).toBe(`?source=${source}`)
    }
    await expectOf('Beyla', 'beyla', idsOf(sharedSpans, ...beylaTraces))
    await expectOf('bpftrace', 'bpftrace', idsOf(sharedSpans, ...bridgeTraces))
    await expectOf('eBPF (Beyla + bpftrace)', 'ebpf', idsOf(sharedSpans, ...bridgeTraces, ...beylaTraces))
    await expectOf('OpenTelemetry', 'otlp', idsOf(sharedSpans, ...sdkTraces))
    await expectOf('Background jobs', 'scheduler', [])
    await page.getByText('No trace fits these filters').waitFor()
    await page.getByRole('link', { name: 'show all traces' }).click()
    await untilListed(page, idsOf(sharedSpans, ...bridgeTraces, ...beylaTraces, ...sdkTraces))
  })

  test('service, limit and time range filter together, and an address with filters can be shared', async () => {
    const page = await stage.open('/?service=storefront&range=15m')
    await untilListed(page, idsOf(sharedSpans, ...sdkTraces))
    await page.getByRole('combobox', { name: 'Service' }).click()
    await page.getByRole('option', { name: 'usdt-demo' }).click()
    await untilListed(page, idsOf(sharedSpans, ...bridgeTraces, ...beylaTraces))
    await page.getByText('1 h', { exact: true }).click()
    await expect.poll(() => new URL(page.url()).search).toBe('?service=usdt-demo&range=1h')
  })

  test('older traces come page by page, each once', async () => {
    const page = await stage.open('/?limit=2')
    const all = idsOf(sharedSpans, ...bridgeTraces, ...beylaTraces, ...sdkTraces)
    await listed(page).first().waitFor()
    expect(await listedIds(page)).toHaveLength(2)
    const older = page.getByRole('button', { name: 'Older traces' })
    for (let shown = 4; shown < all.length + 2; shown += 2) {
      await older.click()
      await expect.poll(() => listedIds(page)).toHaveLength(Math.min(shown, all.length))
    }
    expect((await listedIds(page)).toSorted()).toEqual(all.toSorted())
    await page.getByText(`All ${all.length} traces that fit.`).waitFor()
    expect(await older.count()).toBe(0)
  })

  test('an empty store says how to send traces here, and shows the first one by itself', async () => {
    const empty = await stage.startAnother()
    const page = await stage.open('/', 'light', empty)
    await page.getByText('No traces yet').waitFor()
    const body = await page.locator('main').innerText()
    expect(body).toContain(`${empty.origin}/v1/traces`)
    expect(body).toContain(`--endpoint ${empty.origin}`)
    await keepScreenshot(page, 'explorer-empty')
    await send(empty, bridge, bridgeTraces[0]!)
    await untilListed(page, idsOf(bridgeTraces[0]!))
  })

  test('live shows a trace that arrives while one looks', async () => {
    const late = await stage.startAnother()
    await send(late, bridge, bridgeTraces[0]!)
    const page = await stage.open('/', 'light', late)
    await listed(page).first().waitFor()
    await page.getByRole('switch', { name: 'Live' }).click()
    await send(late, beyla, beylaTraces[0]!)
    await untilListed(page, idsOf(bridgeTraces[0]!, beylaTraces[0]!))
    expect(new URL(page.url()).search).toBe('?live=true')
  })
})
