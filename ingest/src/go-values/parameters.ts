// Parameters of a request's query, as Go programs read them: one that is empty is not there, of one that is repeated the
// first counts, unknown ones do not matter. In: what Fastify parsed; out: typed values. Throws RequestFault
// `parameter_invalid` that names the parameter and its value.
import { RequestFault } from '../faults.ts'

export class Parameters {
  readonly #given: Readonly<Record<string, unknown>>

  constructor(query: unknown) {
    this.#given = { ...Object(query) }
  }

  /** By the first of its names that is given. */
  text(...names: readonly string[]): string | undefined {
    return this.#named(names)?.text
  }

  all(name: string): string[] {
    return this.#texts(name)
  }

  /** What `read` does not take is refused; `form` says what it takes. */
  read<Value>(
    names: string | readonly string[],
    read: (text: string) => Value | undefined,
    form: string,
  ): Value | undefined {
    const named = this.#named(typeof names === 'string' ? [names] : names)
    if (named === undefined) return undefined
    const value = read(named.text)
    if (value === undefined) throw refused(named.name, named.text, `it must be ${form}`)
    return value
  }

  /** A whole number from `min` to `max`. */
  count(names: string | readonly string[], { min, max }: { min: number; max: number }): number | undefined {
    const read = (text: string): number | undefined => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : undefined
    }
    return this.read(names, read, `a whole number from ${min} to ${max}`)
  }

  flag(names: string | readonly string[]): boolean | undefined {
    return this.read(names, goBoolOf, 'true or false')
  }

  #named(names: readonly string[]): { name: string; text: string } | undefined {
    for (const name of names) {
      const text = this.#texts(name)[0]
      if (text !== undefined) return { name, text }
    }
    return undefined
  }

  #texts(name: string): string[] {
    const value = Object.hasOwn(this.#given, name) ? this.#given[name] : undefined
    return [value].flat().filter((text): text is string => typeof text === 'string' && text !== '')
  }
}

export function refused(name: string, text: string, why: string): RequestFault {
  return new RequestFault('parameter_invalid', `${name} is ${JSON.stringify(text)}: ${why}.`)
}

/** As strconv.ParseBool. */
function goBoolOf(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined
}
