// The system's Chromium, and pages in it that note everything they complain about.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'

const executablePath = '/usr/bin/chromium'
const screenshots = new URL('../../test-output/', import.meta.url).pathname

/** Why there is no browser to test in; undefined where there is one. */
export const browserMissing = existsSync(executablePath)
  ? undefined
  : `${executablePath} is missing: install Debian's package "chromium" to test the page`

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export type OpenPage = {
  page: Page
  /** Errors and warnings of the console, and exceptions nobody caught. */
  complaints: string[]
  /** Addresses asked for that are not the page's own. */
  strangers: string[]
}

export async function openPage(
  browser: Browser,
  origin: string,
  colorScheme: 'light' | 'dark',
): Promise<OpenPage> {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width: 1280, height: 800 },
    colorScheme,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  const strangers: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) strangers.push(request.url())
  })
  return { page, complaints, strangers }
}

/** Kept for looking at: test-output/NAME.png at the top of the repository. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `${name}.png`), animations: 'disabled' })
}
