// Probe names to likely pairs: names that are equal but for a word that means a start in one and an end in the other.
import type { ProbeSummary } from './inventory.ts'

export type ProbePair = {
  /** What both names have in common, without the separators around the word; may be empty. */
  stem: string
  start: ProbeSummary
  end: ProbeSummary
}

/** The first that fits wins: a wait is over when it is `entered`, not when the monitor is left. */
const words: readonly (readonly [start: string, end: string])[] = [
  ['start', 'end'],
  ['begin', 'end'],
  ['start', 'done'],
  ['entry', 'return'],
  ['startup', 'shutdown'],
  ['enter', 'entered'],
  ['enter', 'exit'],
]

/** Pairs in the order of the probes; no probe is in two. */
export function findPairs(probes: readonly ProbeSummary[]): ProbePair[] {
  const byName = new Map(probes.map((probe) => [keyOf(probe.provider, probe.name), probe]))
  const taken = new Set<ProbeSummary>()
  const pairs: ProbePair[] = []
  for (const [startWord, endWord] of words) {
    for (const start of probes) {
      if (taken.has(start)) continue
      const match = counterparts(start.name, startWord, endWord)
        .map(({ name, stem }) => ({ stem, end: byName.get(keyOf(start.provider, name)) }))
        .find(({ end }) => end && !taken.has(end))
      if (!match?.end) continue
      taken.add(start).add(match.end)
      pairs.push({ stem: match.stem, start, end: match.end })
    }
  }
  return pairs.sort((a, b) => probes.indexOf(a.start) - probes.indexOf(b.start))
}

const keyOf = (provider: string, name: string): string => `${provider}\0${name}`

/** The names with the one word in the place of the other, the last place first: `start_start` ends in its word. */
function counterparts(name: string, startWord: string, endWord: string): { name: string; stem: string }[] {
  const places = [...name.matchAll(new RegExp(startWord, 'gi'))].reverse()
  return places.flatMap(({ 0: found, index }) => {
    const [before, after] = [name.slice(0, index), name.slice(index + found.length)]
    // Inside of a name only a word of its own counts; at its end none needs to stand before (`querystart`).
    if (after !== '' && !(after.startsWith('_') && (before === '' || before.endsWith('_')))) return []
    const stem = `${before.replace(/_+$/, '')}${before === '' ? after.replace(/^_+/, '') : after}`
    return [{ name: `${before}${inCaseOf(found, endWord)}${after}`, stem }]
  })
}

function inCaseOf(model: string, word: string): string {
  if (model === model.toUpperCase()) return word.toUpperCase()
  return /^[A-Z]/.test(model) ? `${word.slice(0, 1).toUpperCase()}${word.slice(1)}` : word
}
