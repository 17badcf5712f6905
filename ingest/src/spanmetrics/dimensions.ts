// More labels for span metrics from attributes that a setting names: of a span, else of its resource. In: a block's
// bodies; out: for each span the values, and a number for each combination of them. Every body has to be read for it.
import type { SpanBodies } from './span-bodies.ts'

/** More of a value is not a label that anyone reads. */
export const dimensionCharsMax = 128

export type Dimensions = {
  /** The same for spans with the same values. */
  numberOf: (span: number) => number
  /** In the order of the keys; empty where the span has none. */
  valuesOf: (span: number) => readonly string[]
}

export function dimensionsOf(keys: readonly string[], bodies: SpanBodies): Dimensions | undefined {
  if (keys.length === 0) return undefined
  const wanted = new Set(keys)
  const numbers = new Map<string, number>()
  const combinations: string[][] = []
  const numberOf = (span: number): number => {
    const found = bodies.attributes(span, wanted, true)
    const values = keys.map((key) => (found.get(key) ?? '').slice(0, dimensionCharsMax))
    const combined = values.join('\0')
    const known = numbers.get(combined)
    if (known !== undefined) return known
    numbers.set(combined, combinations.length)
    return combinations.push(values) - 1
  }
  return { numberOf, valuesOf: (span) => combinations[numberOf(span)] ?? [] }
}
