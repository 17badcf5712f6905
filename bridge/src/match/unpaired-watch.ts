// Events and spans to a warning of each span whose starts and ends come, but never meet: a `match` that is wrong says
// nothing by itself. Once for each span, with what either side has for a key. Pure: monotonic milliseconds come in.
import type { JsonValue } from '../bpftrace/json.ts'
import type { Definition, SpanDefinition } from '../definition/definition.ts'
import { counterOfMap } from '../definition/kernel-counters.ts'
import { blocksOf } from '../definition/program.ts'
import type { ProbeEvent } from '../event/event.ts'
import type { MatchedSpan } from './matcher.ts'

/** Fewer may be spans that began before anybody looked, or have not ended yet. */
const countMin = 20
const waitMs = 10_000
const examplesMax = 3
const exampleCharsMax = 60

type Example = { key: string; pid: number }
type Side = { count: number; examples: Example[] }
type Watched = { span: SpanDefinition; start: Side; end: Side; sinceMs: number | undefined }

export class UnpairedWatch {
  /** Those that have neither paired yet nor been told. */
  private readonly watched: Map<string, Watched>
  private readonly definition: Definition

  constructor(definition: Definition) {
    this.definition = definition
    const pairs = [...definition.spans.values()].filter(({ probes }) => probes.start && probes.end)
    this.watched = new Map(
      pairs.map((span) => [span.id, { span, start: newSide(), end: newSide(), sinceMs: undefined }]),
    )
  }

  /** Without it nothing more needs to be told to it. */
  get isWatching(): boolean {
    return this.watched.size > 0
  }

  see(event: ProbeEvent): void {
    const watched = event.event ? undefined : this.watched.get(event.span.id)
    if (!watched || event.phase === 'point') return
    const side = watched[event.phase]
    side.count += 1
    const { key, pid } = event
    if (side.examples.length === examplesMax || side.examples.some((each) => each.key === key)) return
    side.examples.push({ key, pid })
  }

  made({ definition, end, start }: MatchedSpan): void {
    if (end && end !== start) this.watched.delete(definition.id)
  }

  /** What the program printed: of spans that are paired in the kernel, the ends that found no start. */
  print(maps: { [name: string]: JsonValue }): void {
    if (!this.isWatching) return
    for (const [name, count] of Object.entries(maps)) {
      const { counter, block } = counterOfMap(name) ?? {}
      if (counter !== 'orphaned') continue
      const span = blocksOf(this.definition).find(({ number }) => number === block)?.layout.span
      const watched = span && this.watched.get(span.id)
      if (watched) watched.end.count = Number(count)
    }
  }

  /** The warnings that are due, each once. */
  due(nowMs: number): string[] {
    const due = [...this.watched.values()].filter((watched) => {
      const { start, end, span } = watched
      // How many starts wait in the kernel is not known.
      const isMet = end.count >= countMin && (start.count >= countMin || span.pairing === 'kernel')
      if (isMet) watched.sinceMs ??= nowMs
      return watched.sinceMs !== undefined && nowMs - watched.sinceMs >= waitMs
    })
    for (const { span } of due) this.watched.delete(span.id)
    return due.map((watched) => this.warning(watched))
  }

  private warning({ span, start, end }: Watched): string {
    const { id, match } = span
    const place = this.definition.placeOf?.(['spans', id, 'match']) ?? `spans.${id}.match`
    const seen =
      span.pairing === 'kernel'
        ? `${end.count} ends and none found its start in the kernel`
        : `${start.count} starts and ${end.count} ends came, and no start has met its end`
    return [
      `no span "${id}" so far: ${seen}. They pair where the match has the same value on both sides, in one process:`,
      `  start: ${match.start.join(', ')}${examplesText(start)}`,
      `  end:   ${match.end.join(', ')}${examplesText(end)}`,
      `  ${place}: ${remedyOf(match.start, start, end)}`,
    ].join('\n')
  }
}

const newSide = (): Side => ({ count: 0, examples: [] })

function examplesText({ examples }: Side): string {
  if (examples.length === 0) return ''
  return ` = ${examples.map(({ key, pid }) => `${keyText(key)} (process ${pid})`).join(', ')}`
}

/** Control characters escaped, which also part the parts of a key. */
const keyText = (key: string): string => JSON.stringify(key.slice(0, exampleCharsMax))

function remedyOf(match: readonly string[], start: Side, end: Side): string {
  const all = [...start.examples, ...end.examples]
  const orWait = `. Where its spans take longer than ${waitMs / 1000} s, wait`
  if (all.some(({ key }) => key === '')) {
    return 'an empty key is memory that cannot be read and matches nothing: str() is for pointers to text, a number is argN alone'
  }
  const pids = new Set(start.examples.map(({ pid }) => pid))
  if (all.length > 0 && !end.examples.some(({ pid }) => pids.has(pid))) {
    return `the two probes fire in different processes: choose probes of one process${orWait}`
  }
  if (match.includes('tid')) {
    return `tid is right only where one thread does all of it: take an argument that both probes pass${orWait}`
  }
  return `take an argument that both probes pass, as { start: argN, end: argM } where it stands at different places${orWait}`
}
