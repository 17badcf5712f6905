// What the store does for those that its spans are forwarded to: it is their queue. Each destination has a durable
// cursor, may want only some of the spans, and has the spans that it refused set aside. Part of store.ts's interface;
// test/store-destination-contract.ts is what any engine must pass.
import type { TraceSource } from '../wire.ts'

/** How far a destination has got: `spansDone` spans of the block after `blockId`, whether it wants them or not. */
export type Cursor = { blockId: number; spansDone: number }

/** Which spans a destination gets: of one of these sources and one of these services; undefined: of any. */
export type SpanChoice = {
  sources: readonly TraceSource[] | undefined
  services: readonly string[] | undefined
}

/** The spans that come next for a destination, all of one block. */
export type ChosenSpans = {
  /** OTLP protobuf. */
  body: Buffer
  /** 0: nothing up to the end of block `id` is wanted. */
  spanCount: number
  /** The cursor after all of them is at the end of this block… */
  id: number
  /** …and that after the n-th of them at `spansDone[n - 1]` spans of the block after this one. */
  beforeId: number
  spansDone: Uint32Array
}

/** Spans that a destination refused for good, as an OTLP protobuf request. */
export type Refusal = {
  body: Buffer
  spanCount: number
  /** So many of them; less than `spanCount` where the destination did not say which. */
  spansRefused: number
  reason: string
}

export type RefusedBatch = Refusal & {
  /** Ascends as batches are set aside. */
  id: number
  /** Unix milliseconds. */
  refusedMs: number
  /** It waits to be sent again. */
  replay: boolean
}

/** What became of spans since the cursor was saved before. */
export type Outcome = { spansSent: number; refused: readonly Refusal[] }

/** How far a destination may be behind; undefined: without bound. */
export type LagLimit = {
  spans: number | undefined
  /** As stored. */
  bytes: number | undefined
  /** Since they came. */
  ageMs: number | undefined
}

export type DestinationState = {
  destination: string
  cursor: Cursor
  /** Stored, wanted and not yet done. */
  spansBehind: number
  /** As stored. */
  bytesBehind: number
  /** When the oldest of them came, Unix milliseconds; undefined: none is left. */
  oldestMs: number | undefined
  /** The counts are of all time, since the destination began. */
  spansSent: number
  spansRefused: number
  /** Taken away before this destination had them: by retention, or by its own limit. */
  spansSkipped: number
  /** Refused, and not kept any more, since there were too many of them. */
  spansDropped: number
  /** Refused and kept. Bytes are as stored. */
  setAside: { batches: number; spans: number; bytes: number }
}

export type DestinationStore = {
  /** Where a destination goes on; a new one begins with what is stored from now on. */
  cursor(destination: string): Promise<Cursor>
  /** In the same commit: what was sent is counted, what was refused set aside, the oldest dropped beyond `keptBytesMax`. */
  saveCursor(destination: string, cursor: Cursor, outcome?: Outcome, keptBytesMax?: number): Promise<void>
  /** Undefined: there are no further blocks. Looks through a bounded number of blocks at once. */
  spansAfter(cursor: Cursor, choice: SpanChoice): Promise<ChosenSpans | undefined>
  /** Moves the cursor over whole blocks, as far as what is left is not less than the limit; gives the spans skipped. */
  skipOldest(destination: string, choice: SpanChoice, limit: LagLimit, nowMs: number): Promise<number>
  /** How far each destination is, by name. A destination without a choice here wants everything. */
  destinations(choices?: Readonly<Record<string, SpanChoice>>): Promise<DestinationState[]>
  /** Set aside for a destination: oldest first, those after this id. */
  refusedBatches(destination: string, afterId: number, limit: number): Promise<RefusedBatch[]>
  /** Marks one batch (undefined: all) to be sent again; gives how many. */
  markReplay(destination: string, id: number | undefined): Promise<number>
  /** The first one that is marked so. */
  nextReplay(destination: string): Promise<RefusedBatch | undefined>
  /** In one commit: the batch is gone, and what of it was refused once more is set aside. */
  saveReplay(destination: string, id: number, outcome: Outcome): Promise<void>
  /** One batch (undefined: all) is gone; gives how many. */
  dropRefused(destination: string, id: number | undefined): Promise<number>
  /** Its cursor and all that was set aside for it; named once more, it begins anew. */
  forgetDestination(destination: string): Promise<void>
}
