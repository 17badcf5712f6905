// All readers of live tails: looks for new spans after commits, at most every `lookEveryMs`, one question at a time, so
// that tails take one reading thread at most and slow nothing down but themselves. Readers with the same filter at the
// same place share a question. Without readers it does nothing at all.
import { setTimeout as wait } from 'node:timers/promises'
import { tailClientsMax } from '../limits.ts'
import type { Questions } from '../store/questions.ts'
import type { TailClient } from './tail-client.ts'

export type TailStore = Pick<Questions, 'tail' | 'lastBlock' | 'onCommit'>

export type TailsParts = {
  store: TailStore
  /** It goes on: the readers stay where they are until the next commit. */
  onFailed: (error: unknown) => void
}

const lookEveryMs = 250
const beatEveryMs = 15_000
/** Of one group in one round, while it is behind: then it is the others' turn. */
const questionsPerTurn = 8

export class Tails {
  readonly #store: TailStore
  readonly #onFailed: (error: unknown) => void
  readonly #clients = new Set<TailClient>()
  #hasNews = false
  #wake = (): void => {}
  #unsubscribe = (): void => {}
  #isLooking = false
  #beating: NodeJS.Timeout | undefined

  constructor({ store, onFailed }: TailsParts) {
    this.#store = store
    this.#onFailed = onFailed
  }

  get count(): number {
    return this.#clients.size
  }

  get isFull(): boolean {
    return this.#clients.size >= tailClientsMax
  }

  add(client: TailClient): void {
    this.#clients.add(client)
    if (this.#clients.size === 1) this.#begin()
    this.#news()
  }

  remove(client: TailClient): void {
    if (!this.#clients.delete(client) || this.#clients.size > 0) return
    this.#unsubscribe()
    clearInterval(this.#beating)
    this.#wake()
  }

  /** Ends all of them. */
  end(): void {
    for (const client of this.#clients) {
      client.end('stopped')
      this.remove(client)
    }
  }

  #begin(): void {
    this.#unsubscribe = this.#store.onCommit(() => this.#news())
    this.#beating = setInterval(() => {
      for (const client of this.#clients) client.beat()
    }, beatEveryMs).unref()
    if (!this.#isLooking) void this.#look()
  }

  #news(): void {
    this.#hasNews = true
    this.#wake()
  }

  /** Until the last reader has left. */
  async #look(): Promise<void> {
    this.#isLooking = true
    while (this.#clients.size > 0) {
      const pause = wait(lookEveryMs, undefined, { ref: false })
      this.#hasNews = false
      try {
        if (await this.#round()) this.#hasNews = true
      } catch (error) {
        this.#onFailed(error)
      }
      await pause
      if (this.#clients.size > 0 && !this.#hasNews)
        await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    this.#isLooking = false
  }

  /** Whether somebody is still behind. */
  async #round(): Promise<boolean> {
    const last = await this.#store.lastBlock()
    const groups = Map.groupBy(this.#clients, ({ key, place }) => `${place.block} ${key}`)
    for (const group of groups.values()) await this.#tell(group, last)
    return [...this.#clients].some(({ place }) => place.block < last)
  }

  async #tell(group: readonly TailClient[], last: number): Promise<void> {
    for (let asked = 0; asked < questionsPerTurn; asked++) {
      const present = group.filter((client) => this.#clients.has(client))
      const [first] = present
      if (first === undefined || first.place.block >= last) return
      const { place, condition } = first
      const limit = Math.max(...present.map(({ allowance, place: { done } }) => allowance + done))
      const found = await this.#store.tail({ afterBlock: place.block, condition, limit })
      // There is no block left up to the last one: retention has taken them.
      const block = found.block === place.block ? last : found.block
      for (const client of present) client.take({ ...found, block })
    }
  }
}
