// Who follows blocks by their ids and for how long still: from the earliest of these places on, merged blocks remember
// which former block had which spans. Held in memory that the upkeep's thread shares. In: places, each for a time; out:
// the earliest that counts.

export type Holds = {
  /** What the upkeep's thread reads by `heldAfter`. */
  memory: SharedArrayBuffer
  /** For so long, who was done with this block can go on behind it. */
  hold(afterBlock: number, forMs: number): void
  close(): void
}

const nobody = 2n ** 63n - 1n
/** Holds that end within the same time are one. */
const togetherMs = 1_000

export function createHolds(nowMs: () => number = () => performance.now()): Holds {
  const memory = new SharedArrayBuffer(8)
  const earliest = new BigInt64Array(memory)
  earliest[0] = nobody
  /** The earliest place, by the time up to which it counts. */
  const places = new Map<number, number>()
  let timer: NodeJS.Timeout | undefined

  function settle(): void {
    const now = nowMs()
    for (const until of places.keys()) if (until < now) places.delete(until)
    const least = places.size === 0 ? nobody : BigInt(Math.min(...places.values()))
    Atomics.store(earliest, 0, least)
    clearTimeout(timer)
    if (places.size > 0) timer = setTimeout(settle, togetherMs).unref()
  }

  return {
    memory,
    hold(afterBlock, forMs) {
      const until = Math.ceil((nowMs() + forMs) / togetherMs) * togetherMs
      places.set(until, Math.min(afterBlock, places.get(until) ?? Number.POSITIVE_INFINITY))
      settle()
    },
    close: () => clearTimeout(timer),
  }
}

/** Undefined: nobody follows. */
export function heldAfter(memory: SharedArrayBuffer): number | undefined {
  const block = Atomics.load(new BigInt64Array(memory), 0)
  return block === nobody ? undefined : Number(block)
}
