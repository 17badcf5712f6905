// What would break: orders that cannot be found again, or a shop under endless traffic whose memory only grows.
import { expect, test } from 'vitest'
import { OrderBook, products } from './catalogue.ts'

test('the last 10,000 orders are found, the one before is gone', () => {
  const orders = new OrderBook()
  const product = products[0]!
  for (let count = 0; count < 10_001; count++) orders.add(product, 2)
  expect(orders.find('order-1')).toBeUndefined()
  expect(orders.find('order-2')).toMatchObject({ productId: product.id, amountCents: product.priceCents * 2 })
  expect(orders.find('order-10001')).toBeDefined()
})
