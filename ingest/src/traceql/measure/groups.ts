// Which series a span belongs to, by the values of the fields that metrics are grouped by.
import type { Field, Static } from '../ast.ts'
import { fieldName } from '../print.ts'
import { keyOf } from '../static-value.ts'
import type { Read } from '../trace-view.ts'
import type { SeriesLabel } from '../../store/questions.ts'

const nil: Static = { type: 'nil' }

export type Group<T> = { values: Static[]; of: T }

/** At most `max` groups; `dropped` counts what would have made more. */
export class Groups<T> {
  dropped = 0
  readonly #by: readonly Field[]
  readonly #max: number
  readonly #make: () => T
  readonly #groups = new Map<string, Group<T>>()

  constructor(by: readonly Field[], max: number, make: () => T) {
    this.#by = by
    this.#max = max
    this.#make = make
  }

  /** The span's group; of `extra`, where given, one of its own for each value. */
  find(read: Read, extra?: Static): T | undefined {
    let key = extra === undefined ? '' : keyOf(extra)
    for (const field of this.#by) {
      const value = read(field)[0]
      const part = value === undefined ? '' : keyOf(value)
      // With its length in front no two lists of values have the same key.
      key += `\0${part.length}:${part}`
    }
    const found = this.#groups.get(key)
    if (found !== undefined) return found.of
    if (this.#groups.size >= this.#max) {
      this.dropped++
      return undefined
    }
    const values = this.#by.map((field) => read(field)[0] ?? nil)
    const made = { values: extra === undefined ? values : [...values, extra], of: this.#make() }
    this.#groups.set(key, made)
    return made.of
  }

  /** In the order in which their first spans came. */
  get all(): Iterable<Group<T>> {
    return this.#groups.values()
  }

  /** Fields that the group's spans do not have are no labels. `extraLabel` names what `find` was given as `extra`. */
  labelsOf({ values }: Group<T>, extraLabel?: string): SeriesLabel[] {
    const names = [...this.#by.map(fieldName), ...(extraLabel === undefined ? [] : [extraLabel])]
    return names.flatMap((name, place) => {
      const value = values[place]
      return value === undefined || value.type === 'nil' ? [] : [{ name, value }]
    })
  }

  /** As Tempo: without any label a group is told by its first field being nil, or by the function's name. */
  labelsOrName(group: Group<T>, fn: string): SeriesLabel[] {
    const labels = this.labelsOf(group)
    if (labels.length > 0) return labels
    const [first] = this.#by
    if (first !== undefined) return [{ name: fieldName(first), value: nil }]
    return [{ name: '__name__', value: { type: 'string', value: fn } }]
  }
}
