// Delivers a batch of which the destination may refuse a part: what is refused as a whole is sent in halves, and those
// in halves, so that only what is really refused is set aside. In: a batch and a way to send one; out: what became of
// its spans. After `halvingLimits` what is not settled yet is set aside as it is.
import { splitSpans } from '../otlp/regroup.ts'
import type { Outcome, Refusal } from '../store/destination-store.ts'
import type { Delivery } from './transport.ts'

export type Piece = { body: Buffer; spanCount: number }

/** The destination's last word on a batch. */
export type Settled =
  Extract<Delivery, { verdict: 'taken' }> | { verdict: 'refused' | 'too_large'; reason: string }

export const halvingLimits = {
  /** One bad span among 8,000 is refused 14 times; of two, 27 pieces at most. */
  refusalsMax: 32,
  /** Where nothing was taken by then, it is not single spans, nor their size. */
  vainRequestsMax: 20,
  requestsMax: 1_000,
}

/** `send` gives undefined where it was broken off: then nothing is said of the batch, as if it had not been sent. */
export async function deliverInHalves(
  batch: Piece,
  send: (piece: Piece) => Promise<Settled | undefined>,
  { refusalsMax, vainRequestsMax, requestsMax } = halvingLimits,
): Promise<Outcome | undefined> {
  const waiting: Piece[] = [batch]
  const refused: Refusal[] = []
  let spansSent = 0
  let isInVain = true
  let refusals = 0
  let reason = ''
  for (let requests = 0; requests < (isInVain ? vainRequestsMax : requestsMax); requests++) {
    if (refusals === refusalsMax) break
    const piece = waiting.pop()
    if (piece === undefined) break
    const settled = await send(piece)
    if (settled === undefined) return undefined
    if (settled.verdict === 'taken') {
      isInVain = false
      const spansRefused = Math.min(settled.spansRejected, piece.spanCount)
      spansSent += piece.spanCount - spansRefused
      if (spansRefused > 0) refused.push({ ...piece, spansRefused, reason: settled.message })
      continue
    }
    reason = settled.reason
    if (settled.verdict === 'refused') refusals++
    if (piece.spanCount === 1) refused.push({ ...piece, spansRefused: 1, reason })
    // The first half is sent first.
    else waiting.push(...splitSpans(piece.body, Math.ceil(piece.spanCount / 2)).reverse())
  }
  const unsettled = waiting.reverse().map((piece) => ({ ...piece, spansRefused: piece.spanCount, reason }))
  return { spansSent, refused: [...refused, ...unsettled] }
}
