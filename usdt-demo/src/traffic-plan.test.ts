// What would break: traffic that cannot be repeated, that misses pages or failures, or whose traceparents are refused.
import { expect, test } from 'vitest'
import { seededRandom } from './random.ts'
import { parseTraceparent } from './traceparent.ts'
import { planRequest } from './traffic-plan.ts'
import type { PlannedRequest } from './traffic-plan.ts'

function plan(seed: number, count: number): PlannedRequest[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => planRequest(random))
}

test('the same seed plans the same requests, another seed others', () => {
  expect(plan(3, 200)).toEqual(plan(3, 200))
  expect(plan(4, 200)).not.toEqual(plan(3, 200))
})

test('every page is asked for, and things that are not there', () => {
  const requests = plan(1, 2_000)
  const pages = [/^\/products$/, /^\/products\/mug$/, /^\/products\/unicorn$/, /^\/search\?q=/, /^\/orders\//]
  expect(pages.filter((page) => !requests.some(({ path }) => page.test(path)))).toEqual([])
  expect(requests.some(({ method, path }) => method === 'POST' && path === '/checkout')).toBe(true)
})

test('about a fifth brings a traceparent, each well formed and its own', () => {
  const traceparents = plan(1, 2_000).flatMap(({ traceparent }) => traceparent ?? [])
  expect(traceparents.length).toBeGreaterThan(300)
  expect(traceparents.length).toBeLessThan(500)
  expect(traceparents.map(parseTraceparent)).toEqual(traceparents)
  expect(new Set(traceparents).size).toBe(traceparents.length)
})
