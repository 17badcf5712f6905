// A definition to what it asks of each USDT probe: which arguments, by which key of its file; and the probes that a
// target has to what they lack of that. bpftrace refuses the whole program for one such argument.
import type { ProbeSummary } from '../probes/inventory.ts'
import { probeText, type Definition, type KeyPath } from './definition.ts'
import { argumentsRead } from './expression.ts'
import type { Field, Layout } from './layout.ts'
import { blocksOf } from './program.ts'

export type ProbeNeed = {
  provider: string
  name: string
  /** `index` is N of argN; `path` the key whose expression reads it. */
  reads: { index: number; path: KeyPath }[]
}

/** Every USDT probe of the definition once. */
export function needsOf(definition: Definition): ProbeNeed[] {
  const needs = new Map<string, ProbeNeed>()
  for (const { layout, probe } of blocksOf(definition)) {
    if (probe.kind !== 'usdt') continue
    const { provider, name } = probe
    const need = needs.get(probeText(probe)) ?? { provider, name, reads: [] }
    for (const { expression, path } of expressionsOf(layout)) {
      need.reads.push(...argumentsRead(expression).map((index) => ({ index, path })))
    }
    needs.set(probeText(probe), need)
  }
  return [...needs.values()]
}

/**
 * The arguments that the definition reads and a probe has not, each in words: which probe, what it has, and which key
 * of which file asks for more. `where` names the file that has the probe.
 */
export function lackingArguments(
  definition: Definition,
  need: ProbeNeed,
  { arguments: args }: ProbeSummary,
  where: string,
): string[] {
  const types = args.map(({ type }, index) => `arg${index} ${type}`).join(', ')
  const count = args.length === 1 ? '1 argument' : `${args.length || 'no'} arguments`
  const has = `${need.provider}:${need.name} of ${where} has ${count}${types && ` (${types})`}`
  const beyond = need.reads.filter(({ index }) => index >= args.length)
  return beyond.map(({ index, path }) => {
    return `${placeIn(definition, path)}: asks for arg${index}, but ${has}: arguments are counted from arg0; correct this expression`
  })
}

/** The arguments that the definition reads, and bpftrace does not from `argumentsMax` on, each in words. */
export function unreadableArguments(definition: Definition, argumentsMax: number): string[] {
  const beyond = needsOf(definition).flatMap(({ reads }) =>
    reads.filter(({ index }) => index >= argumentsMax),
  )
  return beyond.map(
    ({ index, path }) =>
      `${placeIn(definition, path)}: asks for arg${index}, but this bpftrace reads none beyond arg${argumentsMax - 1}: ` +
      'leave it out, or use bpftrace 0.24 or later',
  )
}

const placeIn = ({ placeOf }: Definition, path: KeyPath): string => placeOf?.(path) ?? path.join('.')

/** What a block's expressions are, with the keys that they stand behind. */
export function expressionsOf(layout: Layout): { expression: string; path: KeyPath }[] {
  const { span, event, phase, keyParts, fields } = layout
  const base = event ? (['events', event.id] as const) : (['spans', span.id] as const)
  // An event without a match of its own has its span's.
  const isOwn = !event || event.match !== span.match.start
  const side = phase === 'point' ? 'end' : phase
  const keyPath = isOwn ? [...base, 'match', side] : ['spans', span.id, 'match', 'start']
  const when = event ? event.when : span.when[phase]
  return [
    ...keyParts.map((expression, index) => ({ expression, path: [...keyPath, index] })),
    ...(when === undefined ? [] : [{ expression: when, path: [...base, 'when', side] }]),
    ...fields.map((field) => ({
      expression: field.expression,
      path: [...base, ...keysOf(field, layout)],
    })),
  ]
}

function keysOf(field: Field, { span, phase }: Layout): KeyPath {
  switch (field.role) {
    case 'time':
      return ['time', 'start']
    case 'duration':
      return ['time', 'duration']
    case 'traceparent':
      return ['trace', 'parent']
    case 'error':
      return ['status', 'error']
    case 'message':
      return ['status', 'message']
    case 'link': {
      const isIt = (link: (typeof span.links)[number]): boolean =>
        link.at === phase && link.expression === field.expression
      return ['links', span.links.findIndex(isIt), 'value']
    }
    case 'attribute':
      return ['attributes', field.attribute.key, 'value']
  }
}
