// Destinations and what they refused, as `GET /api/forward` and its siblings show them.
import { z } from 'zod'
import { wholeNumber } from './asked.ts'
import { unsignedNanoseconds } from './span.ts'

/** Answer of `GET /api/forward`: how far each destination is, by name. Spans are counted since it was first named. */
export const forwardAnswer = z.object({
  destinations: z.array(
    z.object({
      name: z.string(),
      /** Absent where it is not configured any more. The endpoint is without a query, which may hold a key. */
      protocol: z.string().exactOptional(),
      endpoint: z.string().exactOptional(),
      /** `misconfigured`: it takes no spans as it is configured. `off`: it is not configured any more. */
      state: z.enum(['running', 'waiting', 'misconfigured', 'off']),
      /** Stored and not yet sent; bytes as stored. */
      lag: z.object({
        spans: z.int(),
        bytes: z.int(),
        oldestUnixNano: unsignedNanoseconds.exactOptional(),
      }),
      spansSent: z.int(),
      spansRefused: z.int(),
      /** Too far behind, or taken by retention. */
      spansSkipped: z.int(),
      /** Refused, and kept to be seen and sent again. */
      setAside: z.object({ batches: z.int(), spans: z.int(), bytes: z.int() }),
      /** Refused, and not kept any more. */
      spansDropped: z.int(),
      /** Since the service started. */
      retries: z.int(),
      lastError: z.object({ message: z.string(), atUnixNano: unsignedNanoseconds }).exactOptional(),
      nextAttemptUnixNano: unsignedNanoseconds.exactOptional(),
    }),
  ),
})
export type ForwardAnswer = z.infer<typeof forwardAnswer>

/** Query of `GET /api/forward/:name/refused`: oldest first, those after an id. */
export const refusedQuery = z.object({
  after: wholeNumber(0, 2 ** 40).default(0),
  limit: wholeNumber(1, 100).default(20),
})

/** Answer of it: batches that were set aside. */
export const refusedAnswer = z.object({
  batches: z.array(
    z.object({
      id: z.int(),
      refusedUnixNano: unsignedNanoseconds,
      reason: z.string(),
      spanCount: z.int(),
      /** Less than `spanCount` where the destination did not say which. */
      spansRefused: z.int(),
      /** It waits to be sent again. */
      replay: z.boolean(),
      /** The first hundred. */
      spans: z.array(z.object({ traceId: z.string(), spanId: z.string(), name: z.string() })),
    }),
  ),
})
export type RefusedAnswer = z.infer<typeof refusedAnswer>

/** Answer of `POST …/replay`, `DELETE …/refused` and `DELETE` of a destination itself: how many batches that were. */
export const setAsideAnswer = z.object({ batches: z.int() })
export type SetAsideAnswer = z.infer<typeof setAsideAnswer>
