// What a program that pairs in the kernel counts of that, by block; printed every second and at its end. Each count is
// a map without keys, such as `@orphans3`: one with keys would be made for as many of them as the maps of open starts,
// on every CPU.

export const kernelCounters = ['orphaned', 'superseded', 'unstored'] as const
export type KernelCounter = (typeof kernelCounters)[number]

const prefixes: Readonly<Record<KernelCounter, string>> = {
  /** Ends without a start. */
  orphaned: '@orphans',
  /** Starts that a new one of their key replaced. */
  superseded: '@superseded',
  /** Starts that found no room in the map. */
  unstored: '@unstored',
}

export const counterMap = (counter: KernelCounter, block: number): string => `${prefixes[counter]}${block}`

/** The counter whose map has this name, and its block. */
export function counterOfMap(name: string): { counter: KernelCounter; block: number } | undefined {
  const [, prefix, block] = /^(@[a-z]+)(\d+)$/.exec(name) ?? []
  const counter = kernelCounters.find((each) => prefixes[each] === prefix)
  return counter && { counter, block: Number(block) }
}
