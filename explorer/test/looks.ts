// Where on the page the tests look.
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Ingest } from './ingest-process.ts'

/** The rows of the list. */
export const listed = (page: Page): Locator => page.locator('[data-trace-id]')

/** The trace ids of the list, from top to bottom. */
export async function listedIds(page: Page): Promise<string[]> {
  return listed(page).evaluateAll((rows) => rows.map((row) => row.getAttribute('data-trace-id') ?? ''))
}

/** Waits until the list is just these, from top to bottom. */
export async function untilListed(page: Page, traceIds: string[]): Promise<void> {
  await expect.poll(() => listedIds(page), { timeout: 10_000 }).toEqual(traceIds)
}

/** The row of a span in the waterfall. */
export const rowOf = (page: Page, text: string): Locator =>
  page.getByRole('treeitem').filter({ hasText: text })

/** A fact of the selected span's details. */
export const fact = (page: Page, name: string): Promise<string | null> =>
  page.locator(`[data-fact="${name}"]`).textContent()

/** What the API says, to compare with. */
export async function answerOf<Answer>(ingest: Ingest, path: string): Promise<Answer> {
  const response = await fetch(`${ingest.origin}${path}`)
  expect(response.status).toBe(200)
  return (await response.json()) as Answer
}
