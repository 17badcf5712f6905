// Gathers batches into chunks and sends those to the writing thread, many requests in one commit. In: batches as they
// come; out: a promise each, settled when its commit is on disk (log-flush.ts) or failed as a whole. A batch waits at most
// `commitWaitMs` for company, or for the commit before it. Holds at most `queueBytesMax` of bodies, those under way too.
import type { Transferable } from 'node:worker_threads'
import { releaseMemory } from '../../released.ts'
import { StoreFault } from '../store.ts'
import type { Batch } from '../store.ts'
import { blockBytesFull, ChunkBuilder, chunkBuffers, chunkOf, cutBatch } from './chunk.ts'
import type { Chunk, ChunkBuffers } from './chunk.ts'

export const commitWaitMs = 2
/** Buffers kept to be filled again. */
const spareBuffersMax = 2

/** Gives the chunks' buffers back. */
export type Commit = (
  chunks: readonly Chunk[],
  moved: readonly Transferable[],
) => Promise<readonly MovedBuffers[]>
export type MovedBuffers = { body: Uint8Array<ArrayBuffer>; heads: ChunkBuffers['heads'] }

type Waiting = { resolve: () => void; reject: (error: unknown) => void }

export class CommitQueue {
  readonly #commit: Commit
  readonly #flushed: () => Promise<void>
  readonly #queueBytesMax: number
  readonly #spare: ChunkBuffers[] = []
  #open: ChunkBuilder | undefined
  #waiting: Waiting[] = []
  #queuedBytes = 0
  /** Chunks that the writing thread has. */
  #underWay = 0
  /** Those, and those that are not on disk yet. */
  #unanswered = 0
  #timer: NodeJS.Timeout | undefined
  #isDue = false
  #onEmpty = (): void => {}
  readonly #listeners = new Set<() => void>()

  /** `flushed` resolves when all that was committed before is on disk. */
  constructor(commit: Commit, flushed: () => Promise<void>, queueBytesMax: number) {
    this.#commit = commit
    this.#flushed = flushed
    this.#queueBytesMax = queueBytesMax
  }

  append(batch: Batch): Promise<void> {
    const bytes = batch.body.length
    // A batch larger than the bound still gets through when nothing else waits.
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#queueBytesMax) {
      return Promise.reject(busy(this.#queuedBytes, bytes, this.#queueBytesMax))
    }
    return new Promise((resolve, reject) => {
      const parts = cutBatch(batch)
      this.#queuedBytes += parts.reduce((sum, { body }) => sum + body.length, 0)
      if (parts.length === 1) this.#add(batch, { resolve, reject })
      else void this.#send(parts.map(chunkOf), [{ resolve, reject }])
    })
  }

  /** Commits what waits. */
  flush(): Promise<void> {
    this.#sendOpen()
    return new Promise((resolve) => {
      this.#onEmpty = resolve
      if (this.#unanswered === 0) resolve()
    })
  }

  /** Called after each commit; gives a function that ends it. */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #add(batch: Batch, sender: Waiting): void {
    if (this.#open !== undefined && !this.#open.fits(batch)) this.#sendOpen()
    this.#open ??= new ChunkBuilder(
      batch.body.length > blockBytesFull
        ? chunkBuffers()
        : (this.#spare.pop() ?? chunkBuffers(blockBytesFull)),
    )
    this.#open.add(batch)
    releaseMemory(batch.body)
    this.#waiting.push(sender)
    if (this.#open.isFull()) this.#sendOpen()
    else if (!this.#isDue) this.#timer ??= setTimeout(() => this.#sendWhenDue(), commitWaitMs)
  }

  /** While a commit is under way the next one gathers: it could not begin earlier anyway. */
  #sendWhenDue(): void {
    this.#timer = undefined
    if (this.#underWay > 0) this.#isDue = true
    else this.#sendOpen()
  }

  #sendOpen(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isDue = false
    if (this.#open === undefined) return
    const [chunk, senders] = [this.#open.build(), this.#waiting]
    this.#open = undefined
    this.#waiting = []
    void this.#send([chunk], senders)
  }

  async #send(chunks: readonly Chunk[], senders: readonly Waiting[]): Promise<void> {
    this.#unanswered++
    try {
      await this.#write(chunks)
      await this.#flushed()
      for (const { resolve } of senders) resolve()
      for (const listener of this.#listeners) listener()
    } catch (error) {
      for (const { reject } of senders) reject(error)
    }
    this.#unanswered--
    if (this.#unanswered === 0 && this.#open === undefined) this.#onEmpty()
  }

  async #write(chunks: readonly Chunk[]): Promise<void> {
    const bytes = chunks.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0)
    const moved = chunks.flatMap(({ body, heads }) => [body.buffer, heads.buffer])
    this.#underWay++
    try {
      for (const buffers of await this.#commit(chunks, moved)) this.#keep(buffers)
    } finally {
      this.#queuedBytes -= bytes
      this.#underWay--
      if (this.#isDue) this.#sendOpen()
    }
  }

  #keep({ body, heads }: MovedBuffers): void {
    if (this.#spare.length < spareBuffersMax && body.length === blockBytesFull) {
      this.#spare.push({ body: Buffer.from(body.buffer), heads })
    }
  }
}

function busy(waitingBytes: number, bytes: number, max: number): StoreFault {
  return new StoreFault(
    'store_busy',
    `writing falls behind: ${waitingBytes} bytes wait to be stored and ${bytes} more would exceed the bound of ` +
      `${max}. Send the request again after a moment.`,
  )
}
