// What a destination has not got yet, as requests ready to send: reads the store from a cursor on, joins small blocks
// and cuts large ones to at most `spansMax` spans a request. Each part says where the cursor stands after it.
import { splitSpans } from '../otlp/regroup.ts'
import type { Cursor, Store } from '../store/store.ts'

export type Part = { body: Buffer; spanCount: number; after: Cursor }

/** Ends when the destination has everything that is stored by then. */
export async function* backlog(
  store: Pick<Store, 'blockAfter'>,
  from: Cursor,
  spansMax: number,
): AsyncGenerator<Part> {
  let joined: Part | undefined
  for await (const part of blockParts(store, from, spansMax)) {
    if (joined !== undefined && joined.spanCount + part.spanCount > spansMax) {
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

async function* blockParts(
  store: Pick<Store, 'blockAfter'>,
  from: Cursor,
  spansMax: number,
): AsyncGenerator<Part> {
  let { blockId, spansDone } = from
  for (;;) {
    const block = await store.blockAfter(blockId)
    if (block === undefined) return
    let spans = 0
    for (const { body, spanCount } of splitSpans(block.body, spansMax)) {
      spans += spanCount
      // Sent before, unless the batch size was changed in between: then a part is sent twice rather than never.
      if (spans <= spansDone) continue
      const isLast = spans === block.spanCount
      yield {
        body,
        spanCount,
        after: isLast ? { blockId: block.id, spansDone: 0 } : { blockId, spansDone: spans },
      }
    }
    blockId = block.id
    spansDone = 0
  }
}
