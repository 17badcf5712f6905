// All readers of live tails: looks for new spans after commits, at most every `lookEveryMs`, one question at a time, so
// that tails take one reading thread at most and slow nothing down but themselves. Readers with the same filter at the
// same place share a question. Without readers it does nothing at all.
import { setTimeout as wait } from 'node:timers/promises'
import { tailClientsMax } from '../limits.ts'
import type { Questions } from '../store/questions.ts'
import type { TailClient } from './tail-client.ts'

export type TailStore = Pick<Questions, 'tail' | 'lastBlock' | 'onCommit'>

export type Tails = {
  readonly count: number
  readonly isFull: boolean
  add(client: TailClient): void
  remove(client: TailClient): void
  /** Ends all of them. */
  end(): void
}

const lookEveryMs = 250
const beatEveryMs = 15_000
/** Of one group in one round, while it is behind: then it is the others' turn. */
const questionsPerTurn = 8

export type TailsParts = { store: TailStore; onFailed: (error: unknown) => void }

export function createTails({ store, onFailed }: TailsParts): Tails {
  const clients = new Set<TailClient>()
  let hasNews = false
  let wake = (): void => {}
  let unsubscribe = (): void => {}
  let isLooking = false
  let beating: NodeJS.Timeout | undefined

  const news = (): void => {
    hasNews = true
    wake()
  }

  function begin(): void {
    unsubscribe = store.onCommit(news)
    beating = setInterval(() => {
      for (const client of clients) client.beat()
    }, beatEveryMs).unref()
    if (!isLooking) void look()
  }

  /** Until the last reader has left. */
  async function look(): Promise<void> {
    isLooking = true
    while (clients.size > 0) {
      const pause = wait(lookEveryMs, undefined, { ref: false })
      hasNews = false
      try {
        if (await round()) hasNews = true
      } catch (error) {
        // The readers stay where they are: it is tried again with the next commit.
        onFailed(error)
      }
      await pause
      if (!hasNews && clients.size > 0) await new Promise<void>((resolve) => (wake = resolve))
    }
    isLooking = false
  }

  /** Whether somebody is still behind. */
  async function round(): Promise<boolean> {
    const last = await store.lastBlock()
    for (const group of groupsOf(clients)) await tell(group, last)
    return [...clients].some(({ place }) => place.block < last)
  }

  async function tell(group: readonly TailClient[], last: number): Promise<void> {
    for (let asked = 0; asked < questionsPerTurn; asked++) {
      const present = group.filter((client) => clients.has(client))
      const [first] = present
      if (first === undefined || first.place.block >= last) return
      const { place, condition } = first
      const limit = Math.max(...present.map(({ allowance, place: { done } }) => allowance + done))
      const found = await store.tail({ afterBlock: place.block, condition, limit })
      // There is no block left up to the last one: retention has taken them.
      const block = found.block === place.block ? last : found.block
      for (const client of present) client.take({ ...found, block })
    }
  }

  function remove(client: TailClient): void {
    if (!clients.delete(client) || clients.size > 0) return
    unsubscribe()
    clearInterval(beating)
    wake()
  }

  return {
    get count() {
      return clients.size
    },
    get isFull() {
      return clients.size >= tailClientsMax
    },
    add(client) {
      clients.add(client)
      if (clients.size === 1) begin()
      news()
    },
    remove,
    end() {
      for (const client of clients) client.end('stopped')
      for (const client of clients) remove(client)
    },
  }
}

function groupsOf(clients: ReadonlySet<TailClient>): Iterable<TailClient[]> {
  return Map.groupBy(clients, ({ key, place }) => `${place.block} ${key}`).values()
}
