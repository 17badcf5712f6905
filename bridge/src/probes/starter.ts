// An inventory to the text of a definition file to start from: a span a likely pair, with what the file itself tells
// about arguments, and comments on what it does not. The bridge's own loader takes it as it is.
import { resolve } from 'node:path'
import { argumentsMaxEverywhere } from '../bpftrace/version.ts'
import { selectionFlag, type TargetSelection } from '../target/target.ts'
import type { FileProbes, ProbeArgument, ProbeSummary } from './inventory.ts'
import { guessMatch } from './match-guess.ts'
import { findPairs, type ProbePair } from './pairs.ts'

export type Starter = {
  text: string
  /** Providers that have pairs too, and need a definition of their own. */
  otherProviders: string[]
}

export type StarterAbout = {
  /** The definition's name; absent: the provider's. */
  name?: string
  /** What it was made for: where that is no process, which is gone tomorrow, it becomes the definition's own. */
  target?: TargetSelection
  /** The file that it is written to, for the comment that says how to run it; absent: one of its name. */
  path?: string
  /** Where the schema of definitions is, as the file names it. */
  schema?: string
}

/** The form of a definition's and a span's name (definition/schema.ts). */
export const identifierForm = /^[a-z][a-z0-9_-]{0,30}$/
const identifierLengthMax = 31
/** A definition names probes and providers without quotes. */
const plainName = /^[A-Za-z_]\w*$/
/** More is a library's whole interface (the JVM's JNI has 236): what is wanted is chosen by hand. */
const spansMax = 40
/** Of one probe; each adds to what is copied at every event. */
const attributesMax = 8

/**
 * For one provider: the one with the most pairs that are not a function's entry and return (the JVM has 236 of those
 * in its native interface, and eight of more use). Undefined where no provider has a pair.
 */
export function starterDefinition(
  files: readonly FileProbes[],
  { name: wantedName, target, path, schema }: StarterAbout,
): Starter | undefined {
  const byProvider = pairsByProvider(files)
  const [provider, ...others] = [...byProvider.keys()].sort(
    (a, b) => worth(byProvider.get(b)) - worth(byProvider.get(a)),
  )
  if (provider === undefined) return undefined
  const pairs = byProvider.get(provider) ?? []
  const name = wantedName ?? identifier(provider, 'probes', new Set())
  const having = files.filter(({ probes }) => probes.some((probe) => probe.provider === provider))
  const from = having.map(({ file }) => file.path).join(', ')
  const taken = new Set<string>()
  const spans = pairs.slice(0, spansMax).map((pair) => spanText(pair, identifier(pair.stem, name, taken)))
  const left = pairs.length - spans.length
  const text = [
    ...(schema === undefined ? [] : [`# yaml-language-server: $schema=${comment(schema)}`]),
    ...headComment(comment(from), runWords(path ?? `${name}.yaml`, target)),
    `name: ${scalar(name)}`,
    ...targetLines(target),
    `provider: ${scalar(provider)}`,
    'resource:',
    `  service.name: ${scalar(name)}`,
    '',
    'spans:',
    spans.join('\n\n'),
    ...(left > 0
      ? ['', `  # ${left} more likely pairs are not listed here: "probespan probes" shows them.`]
      : []),
    '',
  ].join('\n')
  return { text, otherProviders: others }
}

function pairsByProvider(files: readonly FileProbes[]): Map<string, ProbePair[]> {
  const byProvider = new Map<string, ProbePair[]>()
  const seen = new Set<string>()
  for (const pair of files.flatMap(({ probes }) => findPairs(probes))) {
    const { provider, name } = pair.start
    const key = `${provider}:${name}`
    if (seen.has(key) || ![provider, name, pair.end.name].every((text) => plainName.test(text))) continue
    seen.add(key)
    byProvider.set(provider, [...(byProvider.get(provider) ?? []), pair])
  }
  return byProvider
}

function worth(pairs: readonly ProbePair[] = []): number {
  // A whole pair outweighs any number of calls.
  return pairs.reduce((sum, pair) => sum + (isCall(pair) ? 1e-6 : 1), 0)
}

const isCall = ({ end }: ProbePair): boolean => /return$/i.test(end.name)

function headComment(from: string, run: string): string[] {
  return [
    `# Written by "probespan probes --init" from the probes of ${from}.`,
    '# The file tells where probes are and how wide their arguments, not what they mean. What is left to do:',
    '#  1. Keep the spans that you want. A probe that fires at every call of a function slows the program down.',
    '#  2. Check each `match`: the expression that has the same value at a start and at its own end.',
    '#  3. Name the attributes by what the arguments are, and delete what nobody needs. A pointer cannot be told',
    '#     from a number: try str(argN) for text. Before bpftrace 0.23 the strings of an event share 512 bytes: one has',
    '#     up to 198, each of two 102, each of three 62.',
    '#  4. Give a span that serves or makes a request its kind (server, client, producer, consumer), and put inner',
    '#     spans into outer ones: `within: SPAN`, where both have the same `match`.',
    `#  5. See whether all is ready: probespan check ${comment(run)}`,
    `#  6. Run it: probespan bridge ${comment(run)}`,
  ]
}

/** A path without a slash or a dot would be the name of a pack. */
function runWords(path: string, target: TargetSelection | undefined): string {
  const pack = `--pack ${shellWord(/[/.]/.test(path) ? path : `./${path}`)}`
  if (!target) return `${pack} --pid PID`
  return target.kind === 'pid' ? `${pack} ${selectionFlag(target)}` : pack
}

const shellWord = (text: string): string =>
  /^[\w./+@:-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

function targetLines(target: TargetSelection | undefined): string[] {
  if (target?.kind === 'executable') return [`target: { exe: ${JSON.stringify(resolve(target.pattern))} }`]
  return target?.kind === 'container' ? [`target: { container: ${JSON.stringify(target.name)} }`] : []
}

function spanText(pair: ProbePair, id: string): string {
  const { start, end } = pair
  const match = guessMatch(pair)
  const attributes = [
    ...attributeLines(start, 'start', id, match.expression),
    ...attributeLines(end, 'end', id, match.expression),
  ]
  // A key with nothing but comments below it would be empty, which is a mistake.
  const active = attributes.some((line) => !line.startsWith('#'))
  const head = attributes.length === 0 ? [] : [`    ${active ? '' : '# '}attributes:`]
  return [
    `  ${scalar(id)}:`,
    ...(isCall(pair) ? ['    # Fires at every call.'] : []),
    `    start: ${scalar(start.name)} # ${signature(start)}`,
    `    end: ${scalar(end.name)} # ${signature(end)}`,
    ...match.why.map((line) => `    # ${line}`),
    `    match: ${match.expression}`,
    ...head,
    ...attributes.map((line) => `      ${line}`),
  ].join('\n')
}

const signature = (probe: ProbeSummary): string =>
  `(${probe.arguments.map((argument, at) => `arg${at} ${argument.type}`).join(', ')})`

function attributeLines(probe: ProbeSummary, at: 'start' | 'end', id: string, match: string): string[] {
  return probe.arguments.slice(0, attributesMax).flatMap((argument, number) => {
    const key = `${id}.${at}.arg${number}`
    const line = (value: string): string => `${key}: { at: ${at}, value: ${value} }`
    if (number >= argumentsMaxEverywhere) return `# ${line(`arg${number}`)} # only from bpftrace 0.24 on`
    // The key's value is the same on both sides.
    if (match.includes(`arg${number}`)) return at === 'end' ? [] : `${key}: { at: ${at}, value: ${match} }`
    if (argument.type.startsWith('f'))
      return `# arg${number} is a floating-point number: bpftrace cannot read it`
    if (argument.type.endsWith('/ptr'))
      return `# ${line(`str(arg${number})`)} # text? If a number: arg${number}`
    if (argument.type === '?') return `# ${line(`arg${number}`)} # its size differs or is not said`
    return line(numberExpression(argument, number))
  })
}

/** bpftrace takes arguments as unsigned. */
function numberExpression({ signed, bytes }: ProbeArgument, number: number): string {
  return signed ? `(int${(bytes ?? 8) * 8})arg${number}` : `arg${number}`
}

function identifier(text: string, otherwise: string, taken: Set<string>): string {
  const words = text.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
  const plain = words.replace(/[^a-z0-9]+/g, '_').replace(/^[_0-9]+|_+$/g, '')
  const stem = (plain === '' ? otherwise : plain).slice(0, identifierLengthMax - 4).replace(/_+$/, '')
  let id = stem
  for (let count = 2; taken.has(id); count += 1) id = `${stem}_${count}`
  taken.add(id)
  return id
}

/** YAML takes these words, bare, for something else than text. */
const scalar = (text: string): string => (/^(true|false|null)$/i.test(text) ? `'${text}'` : text)

const comment = (text: string): string => text.replace(/\p{Cc}|[\u2028\u2029]/gu, '?')
