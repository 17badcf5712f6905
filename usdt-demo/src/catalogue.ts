// What the shop sells and has sold, in memory. Prices in cents. Bound: the last 10,000 orders are kept.
export interface Product {
  id: string
  name: string
  priceCents: number
}

export interface Order {
  id: string
  productId: string
  quantity: number
  amountCents: number
}

const ordersKeptMax = 10_000

export const products: readonly Product[] = [
  { id: 'mug', name: 'Enamel mug', priceCents: 1_250 },
  { id: 'shirt', name: 'T-shirt', priceCents: 2_400 },
  { id: 'hoodie', name: 'Hoodie', priceCents: 5_900 },
  { id: 'sticker', name: 'Sticker sheet', priceCents: 350 },
  { id: 'notebook', name: 'Dotted notebook', priceCents: 990 },
  { id: 'pen', name: 'Fountain pen', priceCents: 3_100 },
  { id: 'lamp', name: 'Desk lamp', priceCents: 4_700 },
  { id: 'bag', name: 'Canvas bag', priceCents: 1_800 },
]

export function findProduct(id: string): Product | undefined {
  return products.find((product) => product.id === id)
}

export function searchProducts(text: string): Product[] {
  const wanted = text.toLowerCase()
  return products.filter(({ name }) => name.toLowerCase().includes(wanted))
}

export class OrderBook {
  readonly #orders = new Map<string, Order>()
  #count = 0

  add(product: Product, quantity: number): Order {
    this.#count += 1
    const id = `order-${this.#count}`
    const order = { id, productId: product.id, quantity, amountCents: product.priceCents * quantity }
    this.#orders.set(id, order)
    this.#orders.delete(`order-${this.#count - ordersKeptMax}`)
    return order
  }

  find(id: string): Order | undefined {
    return this.#orders.get(id)
  }
}
