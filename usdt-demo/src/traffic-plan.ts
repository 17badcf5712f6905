// In: a source of random numbers. Out: the next request that traffic sends, as data: what customers of a shop do, a few
// of them asking for what is not there, a fifth of them with a W3C traceparent of their own.
import { products } from './catalogue.ts'
import { pick, randomInteger } from './random.ts'
import type { Random } from './random.ts'

const traceparentShare = 0.2
const unknownShare = 0.05
const ordersGuessed = 50
const quantityMax = 3
const searches = ['mug', 'shirt', 'pen', 'lamp', 'o', 'nothing like it'] as const

export interface PlannedRequest {
  method: 'GET' | 'POST'
  /** With its query, from the slash on. */
  path: string
  /** JSON. */
  body?: string
  traceparent?: string
}

export function planRequest(random: Random): PlannedRequest {
  const request = planPage(random)
  return random() < traceparentShare ? { ...request, traceparent: planTraceparent(random) } : request
}

function planPage(random: Random): PlannedRequest {
  const kind = random()
  if (kind < 0.2) return { method: 'GET', path: '/products' }
  if (kind < 0.5) return { method: 'GET', path: `/products/${planProductId(random)}` }
  if (kind < 0.65) return { method: 'GET', path: `/search?q=${encodeURIComponent(pick(random, searches))}` }
  if (kind < 0.8) return { method: 'GET', path: `/orders/order-${randomInteger(random, 1, ordersGuessed)}` }
  const order = { productId: planProductId(random), quantity: randomInteger(random, 1, quantityMax) }
  return { method: 'POST', path: '/checkout', body: JSON.stringify(order) }
}

function planProductId(random: Random): string {
  if (random() < unknownShare) return 'unicorn'
  return products[Math.floor(random() * products.length)]?.id ?? 'unicorn'
}

function planTraceparent(random: Random): string {
  return `00-${planHex(random, 32)}-${planHex(random, 16)}-01`
}

/** Never all zeros, which W3C forbids for ids: the last digit is at least 1. */
function planHex(random: Random, digits: number): string {
  const leading = Array.from({ length: digits - 1 }, () => randomInteger(random, 0, 15).toString(16))
  return leading.join('') + randomInteger(random, 1, 15).toString(16)
}
