// One trace as a user has it: built, served by the real ingest process, in the system's Chromium.
import type { TraceAnswer } from '@probespan/ingest/wire'
import { describe, expect, test } from 'vitest'
import { keepScreenshot } from './browser.ts'
import { answerOf, fact, rowOf } from './looks.ts'
import {
  bridge,
  bridgeTraces,
  failedTrace,
  nowNs,
  sdk,
  send,
  sharedSpans,
  shopTrace,
  text,
  type SpanParts,
} from './shop-traces.ts'
import { setStage, skipsPage } from './stage.ts'

describe.skipIf(skipsPage)('one trace', () => {
  const stage = setStage()

  test('a trace opened by keyboard is a tree with its spans’ exact times and attributes', async () => {
    const traceId = bridgeTraces[0]![0]!.traceId
    const page = await stage.open('/?source=bpftrace')
    await page.locator(`[data-trace-id="${traceId}"]`).press('Enter')
    await rowOf(page, 'fetch rows').waitFor()
    expect(new URL(page.url()).pathname).toBe(`/traces/${traceId}`)
    const levels = await page
      .getByRole('treeitem')
      .evaluateAll((rows) =>
        rows.map((row) => [row.getAttribute('data-span-id'), row.getAttribute('aria-level')]),
      )
    const [root, query, fetchRows, payment] = bridgeTraces[0]!.map((span) => span.spanId)
    expect(levels).toEqual([
      [root, '1'],
      [query, '2'],
      [fetchRows, '3'],
      [payment, '2'],
    ])
    const { spans } = await answerOf<TraceAnswer>(stage.ingest(), `/api/traces/${traceId}`)
    for (const span of spans) {
      await page.locator(`[data-span-id="${span.spanId}"]`).click()
      await page.getByRole('heading', { level: 2, name: span.name }).waitFor()
      expect(await fact(page, 'start-ns')).toBe(`${span.startUnixNano} ns`)
      expect(await fact(page, 'start')).toContain(`.${span.startUnixNano.slice(-9)}Z`)
      expect(await fact(page, 'duration-ns')).toBe(`${span.durationNano} ns`)
    }
    const attributes = page.getByRole('table', { name: 'Attributes', exact: true })
    expect(await attributes.innerText()).toContain('9007199254740993')
    expect(await page.getByRole('table', { name: 'Resource' }).innerText()).toContain('shop-1')
    await page.getByRole('link', { name: 'Back to the list' }).click()
    await expect.poll(() => new URL(page.url()).search).toBe('?source=bpftrace')
  })

  test('each bar lies within the bar of its parent, where the API says', async () => {
    const page = await stage.open(`/traces/${bridgeTraces[1]![0]!.traceId}`)
    await rowOf(page, 'payment').waitFor()
    const boxes = await page.locator('[data-bar]').evaluateAll((bars) =>
      bars.map((bar) => {
        const { left, right } = bar.getBoundingClientRect()
        return { left, right }
      }),
    )
    const [root, query, fetchRows, payment] = boxes
    const rootWidth = root!.right - root!.left
    expect((query!.left - root!.left) / rootWidth).toBeCloseTo(1 / 20, 2)
    expect((payment!.left - root!.left) / rootWidth).toBeCloseTo(1 / 2, 2)
    expect((payment!.right - payment!.left) / rootWidth).toBeCloseTo(2 / 5, 2)
    expect(fetchRows!.left).toBeGreaterThan(query!.left)
    expect(fetchRows!.right).toBeLessThan(query!.right)
  })

  test('a failed trace is marked where it failed', async () => {
    const page = await stage.open(`/traces/${failedTrace[0]!.traceId}?span=${failedTrace[3]!.spanId}`)
    await rowOf(page, 'payment').waitFor()
    const marked = await page
      .getByRole('treeitem')
      .filter({ has: page.getByRole('img', { name: 'Error' }) })
      .all()
    const ids = await Promise.all(marked.map((row) => row.getAttribute('data-span-id')))
    expect(ids).toEqual([failedTrace[0]!.spanId, failedTrace[3]!.spanId])
    const details = page.getByRole('complementary', { name: 'Span details' })
    await details.getByText('status error').waitFor()
    expect(await details.locator('[data-event="exception"]').innerText()).toContain('+1.5 µs')
  })

  test.each(['light', 'dark'] as const)(
    'spans without an end, and those of a recording, say so in words (%s)',
    async (scheme) => {
      const [root, query, fetchRows, payment] = shopTrace(
        scheme === 'light' ? 601 : 602,
        nowNs - 3_600_000_000_000n,
        false,
      )
      const cut = [text('probespan.incomplete', 'process_ended')]
      const replay = { key: 'probespan.replay', value: { boolValue: true } }
      await send(stage.ingest(), bridge, [{ ...root!, attributes: cut }, query!])
      await send(stage.ingest(), bridge, [fetchRows!, { ...payment!, attributes: cut }], [replay])
      const page = await stage.open(`/traces/${root!.traceId}?span=${payment!.spanId}`, scheme)
      await rowOf(page, 'payment').waitFor()
      const names = await page.getByRole('treeitem').evaluateAll((rows) => rows.map((row) => row.textContent))
      const why = 'No end of it was seen: its process ended'
      expect(names.map((name) => [name?.includes(why), name?.includes('Played from a recording')])).toEqual([
        [true, false],
        [false, false],
        [false, true],
        [true, true],
      ])
      const header = page.locator('header').last()
      expect(await header.innerText()).toMatch(/replay[\s\S]*Incomplete\s*2/)
      const details = page.getByRole('complementary', { name: 'Span details' })
      expect(await details.innerText()).toMatch(/incomplete[\s\S]*replay[\s\S]*its process ended/)
      await keepScreenshot(page, scheme === 'light' ? 'explorer-marks' : 'explorer-marks-dark')
    },
  )

  test('where the whole trace is of a recording, its title says so, not every row', async () => {
    const spans = shopTrace(603, nowNs - 3_600_000_000_000n, false)
    await send(stage.ingest(), bridge, spans, [{ key: 'probespan.replay', value: { boolValue: true } }])
    const page = await stage.open(`/traces/${spans[0]!.traceId}`)
    await rowOf(page, 'payment').waitFor()
    expect(await page.getByRole('tree').locator('[data-mark]').count()).toBe(0)
    expect(await page.locator('header').last().locator('[data-mark="replay"]').count()).toBe(1)
  })

  test.each(['light', 'dark'] as const)(
    'a request that several senders saw is one tree (%s)',
    async (scheme) => {
      const [outer, door, request, query, fetchRows, payment] = sharedSpans
      const page = await stage.open(`/traces/${outer!.traceId}?span=${payment!.spanId}`, scheme)
      await rowOf(page, 'payment').waitFor()
      const rows = await page.getByRole('treeitem').all()
      const shown = await Promise.all(
        rows.map(async (row) => [
          await row.getAttribute('aria-level'),
          await row.getAttribute('data-span-id'),
          await row.getByTitle(/^Source: /).innerText(),
        ]),
      )
      expect(shown).toEqual([
        ['1', outer!.spanId, 'otlp'],
        ['2', door!.spanId, 'beyla'],
        ['3', request!.spanId, 'bpftrace'],
        ['4', query!.spanId, 'bpftrace'],
        ['5', fetchRows!.spanId, 'bpftrace'],
        ['4', payment!.spanId, 'bpftrace'],
      ])
      await keepScreenshot(page, scheme === 'light' ? 'explorer-trace' : 'explorer-trace-dark')
    },
  )

  test('a span can be folded by mouse and keyboard, and what is folded away shows its count', async () => {
    const page = await stage.open(`/traces/${bridgeTraces[2]![0]!.traceId}`)
    const query = rowOf(page, 'query')
    await query.locator('[data-fold]').click()
    await expect.poll(() => page.getByRole('treeitem').count()).toBe(3)
    expect(await query.innerText()).toContain('1 below')
    await query.click()
    await page.getByRole('tree').press('ArrowRight')
    await expect.poll(() => page.getByRole('treeitem').count()).toBe(4)
    await page.getByRole('tree').press('ArrowDown')
    await page.getByRole('heading', { level: 2, name: 'fetch rows' }).waitFor()
    await page.getByRole('button', { name: 'Collapse all' }).click()
    await expect.poll(() => page.getByRole('treeitem').count()).toBe(1)
    await page.getByRole('heading', { level: 2, name: 'POST /checkout' }).waitFor()
  })

  test('a span whose parent is not stored is at the top and says so; a link leads to its trace', async () => {
    const linked = bridgeTraces[3]![0]!
    const orphan: SpanParts = {
      ...shopTrace(500, nowNs - 3_600_000_000_000n, false)[1]!,
      parentSpanId: 'dead00000000beef',
      links: [{ traceId: linked.traceId, spanId: linked.spanId }],
    }
    await send(stage.ingest(), sdk, [orphan])
    const page = await stage.open(`/traces/${orphan.traceId}`)
    const row = rowOf(page, 'parent not stored')
    await row.waitFor()
    expect(await row.getAttribute('aria-level')).toBe('1')
    await page.getByRole('link', { name: linked.traceId }).click()
    await page.getByRole('heading', { level: 1, name: linked.name }).waitFor()
    expect(await page.getByRole('treeitem', { selected: true }).getAttribute('data-span-id')).toBe(
      linked.spanId,
    )
  })

  test('a trace of 20,000 spans draws only the rows in sight and scrolls to the last', async () => {
    const root = shopTrace(700, nowNs - 7_200_000_000_000n, false)[0]!
    const steps = Array.from({ length: 20_000 }, (_, at): SpanParts => ({
      traceId: root.traceId,
      spanId: (0xc000_0000 + at).toString(16).padStart(16, '0'),
      parentSpanId: root.spanId,
      name: `step ${at}`,
      startNs: root.startNs + BigInt(at) * 100n,
      durationNs: 90n,
    }))
    for (let at = 0; at < steps.length; at += 5_000)
      await send(stage.ingest(), sdk, steps.slice(at, at + 5_000))
    await send(stage.ingest(), sdk, [root])
    const page = await stage.open(`/traces/${root.traceId}`)
    await rowOf(page, 'step 0').first().waitFor()
    expect(await page.getByRole('treeitem').count()).toBeLessThan(100)
    await page.getByRole('tree').press('End')
    await rowOf(page, 'step 19999').waitFor()
    expect(await page.getByRole('treeitem').count()).toBeLessThan(100)
    expect(await fact(page, 'start-ns')).toBe(`${root.startNs + 1_999_900n} ns`)
  })

  test('a trace that is not stored gives the server’s own message', async () => {
    const page = await stage.open(`/traces/${'0'.repeat(31)}1`)
    const alert = page.getByRole('alert')
    await alert.waitFor()
    const response = await fetch(`${stage.ingest().origin}/api/traces/${'0'.repeat(31)}1`)
    const { error } = (await response.json()) as { error: { message: string } }
    expect(await alert.textContent()).toContain(error.message)
    expect(stage.takeRefusals(404)).toBeGreaterThan(0)
  })
})
