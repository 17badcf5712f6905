// A generated service graph: requests of users through a frontend, a shop and what it calls, as each service would send
// its own spans; and what of it must be counted. Deterministic by the request's number.
import type { SampleSpan } from './sample.ts'
import { hexId } from './sample.ts'

export type GraphEdge = { client: string; server: string; connection: string }

export const edges = {
  user: { client: 'user', server: 'frontend', connection: 'virtual_node' },
  front: { client: 'frontend', server: 'shop', connection: '' },
  queue: { client: 'shop', server: 'mailer', connection: 'messaging_system' },
  database: { client: 'shop', server: 'db:5432', connection: 'database' },
  bank: { client: 'shop', server: 'acme-pay', connection: 'virtual_node' },
} satisfies Record<string, GraphEdge>

const millisecond = 1_000_000n
/** Durations of the shop's span, each as often: below and above a second bucket's bound. */
const shopMs = [30n, 90n, 150n, 350n]

/** One request's spans, by the service that sends them. */
export function requestSpans(number: number, startNano: bigint): SampleSpan[][] {
  const traceId = hexId(number + 1, 32)
  const start = startNano
  const id = (place: number): string => hexId(number * 16 + place, 16)
  const of = (service: string, place: number, parent: number | undefined, kind: number, name: string) => ({
    traceId,
    spanId: id(place),
    ...(parent !== undefined && { parentSpanId: id(parent) }),
    service,
    kind,
    name,
    start,
  })
  const took = (shopMs[number % shopMs.length] ?? 0n) * millisecond
  const failed = number % 10 === 0 ? 2 : 0
  return [
    [
      { ...of('frontend', 1, undefined, 2, 'GET /'), duration: took + 20n * millisecond },
      { ...of('frontend', 2, 1, 3, 'GET shop'), duration: took + 10n * millisecond },
    ],
    [
      { ...of('shop', 3, 2, 2, 'POST /buy'), duration: took, status: failed },
      {
        ...of('shop', 4, 3, 3, 'SELECT products'),
        duration: 5n * millisecond,
        tags: { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'server.address': 'db:5432' },
      },
      { ...of('shop', 5, 3, 4, 'send mail'), duration: 1n * millisecond },
      {
        ...of('shop', 6, 3, 3, 'pay'),
        duration: 20n * millisecond,
        status: failed,
        tags: { 'peer.service': 'acme-pay' },
      },
    ],
    [{ ...of('mailer', 7, 5, 5, 'mail'), duration: 40n * millisecond }],
  ]
}

/** Of so many requests, from number 0 on: each edge as often. */
export const failedOf = (requests: number): number => Math.ceil(requests / 10)

/** The part of the shop's spans that take at most so many milliseconds. */
export const shopShareUpTo = (ms: number): number =>
  shopMs.filter((each) => each <= BigInt(ms)).length / shopMs.length
