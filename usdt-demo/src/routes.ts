// The shop's pages. In: requests. Out: JSON; 400 for what does not fit the schemas below, 402 for a declined payment,
// 404 for what is not there, 500 for a failed query. The operations of one request run one after another. Statements
// stay under 64 bytes, so that every bpftrace's str() shows them whole.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { findProduct, OrderBook, products, searchProducts } from './catalogue.ts'
import { pay, query } from './observation.ts'

const withId = z.object({ id: z.string() })
const search = z.object({ q: z.string().min(1).max(100) })
const checkout = z.object({ productId: z.string().min(1).max(100), quantity: z.int().min(1).max(100) })

export function addProductRoutes(shop: FastifyInstance): void {
  shop.get('/products', (request) => query(request, 'SELECT * FROM products ORDER BY name', products))

  shop.get('/products/:id', async (request, reply) => {
    const { id } = withId.parse(request.params)
    const [product] = await query(request, 'SELECT * FROM products WHERE id = $1', one(findProduct(id)))
    return product ?? notFound(reply, `no product ${id}`)
  })

  shop.get('/search', async (request, reply) => {
    const wanted = search.safeParse(request.query)
    if (!wanted.success) return badRequest(reply, wanted.error)
    const found = searchProducts(wanted.data.q)
    const [total] = await query(request, 'SELECT count(*) FROM products WHERE name ILIKE $1', [found.length])
    const page = await query(request, 'SELECT * FROM products WHERE name ILIKE $1 LIMIT 20', found)
    return { total, page }
  })
}

export function addOrderRoutes(shop: FastifyInstance): void {
  const orders = new OrderBook()

  shop.post('/checkout', async (request, reply) => {
    const wanted = checkout.safeParse(request.body)
    if (!wanted.success) return badRequest(reply, wanted.error)
    const { productId, quantity } = wanted.data
    const [product] = await query(
      request,
      'SELECT * FROM products WHERE id = $1',
      one(findProduct(productId)),
    )
    if (product === undefined) return notFound(reply, `no product ${productId}`)
    const approved = await pay(request, 'acme-pay', product.priceCents * quantity)
    if (!approved) return reply.code(402).send({ error: 'the payment was declined' })
    return reply.code(201).send(orders.add(product, quantity))
  })

  shop.get('/orders/:id', async (request, reply) => {
    const { id } = withId.parse(request.params)
    const [order] = await query(request, 'SELECT * FROM orders WHERE id = $1', one(orders.find(id)))
    return order ?? notFound(reply, `no order ${id}`)
  })
}

function one<T>(row: T | undefined): T[] {
  return row === undefined ? [] : [row]
}

function notFound(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(404).send({ error })
}

function badRequest(reply: FastifyReply, error: z.ZodError): FastifyReply {
  return reply.code(400).send({ error: z.prettifyError(error) })
}
