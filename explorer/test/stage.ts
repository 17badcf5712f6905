// What every test of the page stands on: the built page, one browser and one ingest with the shop's traces a file,
// and a page a test. A test fails if its page complains on the console or asks another host for anything.
import { rm } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { browserMissing, openPage, startBrowser, type OpenPage } from './browser.ts'
import { buildPage } from './built-page.ts'
import { startIngest, type Ingest } from './ingest-process.ts'
import { beyla, bridge, bridgeTraces, beylaTraces, sdk, sdkTraces, send, sharedTrace } from './shop-traces.ts'

export type Scheme = 'light' | 'dark'

export type Stage = {
  ingest: () => Ingest
  /** One more, with an empty store, which ends with the test. */
  startAnother: (apiKey?: string) => Promise<Ingest>
  /** Of the stage's ingest, or of another. */
  open: (path: string, scheme?: Scheme, at?: Ingest) => Promise<Page>
  /** Takes the browser's own lines for answers of this status, which the test provokes; how many there were. */
  takeRefusals: (status: number) => number
}

/** Without a browser the tests are skipped, saying so; where they must run, on CI, that is a failure. */
export const skipsPage = browserMissing !== undefined
if (browserMissing !== undefined) {
  if (process.env.CI === 'true') throw new Error(browserMissing)
  console.warn(`The page is not tested: ${browserMissing}`)
}

/** To be called once in a `describe`. */
export function setStage(): Stage {
  let pageFolder: string | undefined
  let browser: Browser | undefined
  let ingest: Ingest | undefined
  let opened: OpenPage | undefined
  const others: Ingest[] = []

  beforeAll(async () => {
    pageFolder = await buildPage()
    ;[browser, ingest] = await Promise.all([startBrowser(), startIngest(pageFolder)])
    for (const spans of bridgeTraces) await send(ingest, bridge, spans)
    for (const spans of beylaTraces) await send(ingest, beyla, spans)
    for (const spans of sdkTraces) await send(ingest, sdk, spans)
    for (const { sender, spans } of sharedTrace) await send(ingest, sender, spans)
  })
  afterAll(async () => {
    await Promise.all([browser?.close(), ingest?.stop()])
    if (pageFolder !== undefined) await rm(pageFolder, { recursive: true, force: true })
  })
  afterEach(async () => {
    const last = opened
    opened = undefined
    await last?.page.context().close()
    // Only now: a page whose service ends complains.
    await Promise.all(others.splice(0).map((other) => other.stop()))
    if (last !== undefined) failOn('The page complains', last.complaints)
    if (last !== undefined) failOn('The page asks other hosts', last.strangers)
  })

  return {
    ingest: () => present(ingest),
    startAnother: async (apiKey) => {
      const other = await startIngest(present(pageFolder), apiKey)
      others.push(other)
      return other
    },
    open: async (path, scheme = 'light', at = present(ingest)) => {
      opened = await openPage(present(browser), at.origin, scheme)
      await opened.page.goto(path)
      return opened.page
    },
    takeRefusals: (status) => {
      const { complaints } = present(opened)
      const left = complaints.filter((text) => !text.includes(`status of ${status}`))
      return complaints.splice(0, Infinity, ...left).length - left.length
    },
  }
}

function failOn(what: string, list: readonly string[]): void {
  if (list.length > 0) throw new Error(`${what}:\n${list.join('\n')}`)
}

function present<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('used before it was started')
  return part
}
