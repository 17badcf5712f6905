// The page on an ingest service that wants an API key, in the system's Chromium.
import { describe, expect, test } from 'vitest'
import { keepScreenshot } from './browser.ts'
import { listed, rowOf } from './looks.ts'
import { bridge, bridgeTraces, send } from './shop-traces.ts'
import { setStage, skipsPage } from './stage.ts'

describe.skipIf(skipsPage)('an ingest with a key', () => {
  const stage = setStage()

  test('the dialog asks for it, refuses a wrong key with the reason, and takes the right one', async () => {
    const locked = await stage.startAnother('correct horse')
    await send(locked, bridge, bridgeTraces[0]!)
    const page = await stage.open('/', 'light', locked)
    const dialog = page.getByRole('dialog', { name: 'API key' })
    const use = async (key: string) => {
      await dialog.getByLabel('Key', { exact: true }).fill(key)
      await dialog.getByRole('button', { name: 'Use this key' }).click()
    }
    await dialog.waitFor()
    await use('wrong')
    await dialog.getByText('is none of those that this service was given').waitFor()
    await keepScreenshot(page, 'explorer-key')
    await use('correct horse')
    await listed(page).first().waitFor()
    await dialog.waitFor({ state: 'hidden' })
    await page.reload()
    await listed(page).first().waitFor()
    expect(stage.takeRefusals(401)).toBeGreaterThan(0)
  })

  test('a key in the address is used, and does not stay in the address bar', async () => {
    const locked = await stage.startAnother('a/b+c')
    await send(locked, bridge, bridgeTraces[0]!)
    const page = await stage.open(`/?source=bpftrace#key=${encodeURIComponent('a/b+c')}`, 'light', locked)
    await listed(page).first().waitFor()
    expect(page.url()).toBe(`${locked.origin}/?source=bpftrace`)
    await page.goto(`${locked.origin}/traces/${bridgeTraces[0]![0]!.traceId}`)
    await rowOf(page, 'payment').waitFor()
  })
})
