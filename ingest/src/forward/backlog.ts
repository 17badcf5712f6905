// What a destination has not got yet, as requests ready to send: reads the store from a cursor on, joins small blocks and
// cuts large ones. Each part says where the cursor stands after it. Holds one block and one part.
import { splitSpans } from '../otlp/regroup.ts'
import type { ChosenSpans, Cursor, DestinationStore, SpanChoice } from '../store/destination-store.ts'

/** Without spans it only moves the cursor: what lies before is not wanted. */
export type Part = { body: Buffer; spanCount: number; after: Cursor }

/** Of one request; a single larger span goes alone. Bytes are of spans, without the resources around them. */
export type PartLimits = { spansMax: number; bytesMax: number }

/** Ends when the destination has everything that is stored by then. */
export async function* backlog(
  store: Pick<DestinationStore, 'spansAfter'>,
  from: Cursor,
  choice: SpanChoice,
  limits: PartLimits,
): AsyncGenerator<Part> {
  let joined: Part | undefined
  for await (const part of blockParts(store, from, choice, limits)) {
    if (joined !== undefined && !fits(joined, part, limits)) {
      yield joined
      joined = undefined
    }
    // Export requests laid end to end are one export request.
    joined =
      joined === undefined
        ? part
        : {
            body: Buffer.concat([joined.body, part.body]),
            spanCount: joined.spanCount + part.spanCount,
            after: part.after,
          }
  }
  if (joined !== undefined) yield joined
}

const fits = (joined: Part, part: Part, { spansMax, bytesMax }: PartLimits): boolean =>
  joined.spanCount + part.spanCount <= spansMax && joined.body.length + part.body.length <= bytesMax

async function* blockParts(
  store: Pick<DestinationStore, 'spansAfter'>,
  from: Cursor,
  choice: SpanChoice,
  { spansMax, bytesMax }: PartLimits,
): AsyncGenerator<Part> {
  let cursor = from
  for (;;) {
    const chosen = await store.spansAfter(cursor, choice)
    if (chosen === undefined) return
    let spans = 0
    for (const { body, spanCount } of splitSpans(chosen.body, spansMax, bytesMax)) {
      spans += spanCount
      yield { body, spanCount, after: cursorAfter(chosen, spans) }
    }
    cursor = { blockId: chosen.id, spansDone: 0 }
  }
}

function cursorAfter({ id, beforeId, spanCount, spansDone }: ChosenSpans, spans: number): Cursor {
  if (spans === spanCount) return { blockId: id, spansDone: 0 }
  return { blockId: beforeId, spansDone: spansDone[spans - 1] ?? 0 }
}
