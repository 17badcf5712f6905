// A binary min-heap of items by a bigint; items with equal keys leave in the order in which they came.

type Entry<Item> = { key: bigint; sequence: number; item: Item }

export class MinHeap<Item> {
  private readonly entries: Entry<Item>[] = []
  private sequence = 0

  get size(): number {
    return this.entries.length
  }

  get smallestKey(): bigint | undefined {
    return this.entries[0]?.key
  }

  push(key: bigint, item: Item): void {
    const entry = { key, sequence: this.sequence, item }
    this.sequence += 1
    let at = this.entries.length
    this.entries.push(entry)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.entries[above]
      if (parent === undefined || before(parent, entry)) break
      this.entries[at] = parent
      at = above
    }
    this.entries[at] = entry
  }

  pop(): Item | undefined {
    const first = this.entries[0]
    const last = this.entries.pop()
    if (first === undefined || last === undefined) return undefined
    if (this.entries.length > 0) this.sinkFromTop(last)
    return first.item
  }

  private sinkFromTop(entry: Entry<Item>): void {
    let at = 0
    for (;;) {
      const left = this.entries[2 * at + 1]
      const right = this.entries[2 * at + 2]
      if (left === undefined) break
      const rightFirst = right !== undefined && before(right, left)
      const child = rightFirst ? right : left
      if (before(entry, child)) break
      this.entries[at] = child
      at = 2 * at + (rightFirst ? 2 : 1)
    }
    this.entries[at] = entry
  }
}

function before<Item>(a: Entry<Item>, b: Entry<Item>): boolean {
  return a.key < b.key || (a.key === b.key && a.sequence < b.sequence)
}
