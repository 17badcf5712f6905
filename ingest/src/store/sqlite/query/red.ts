// Rate, errors and durations of spans, by any of service, operation, source and kind, over a range or by steps of it.
// In: rollups of blocks; out: figures, with a trace that they come from. A span that was sent twice counts twice.
import { kindOf } from '../../../otlp/span-heads.ts'
import { spanKind } from '../../../wire.ts'
import type { TraceSource } from '../../../wire.ts'
import type { Operation, RedFigure, RedFound, RedGroup, RedQuestion } from '../../questions.ts'
import { cutName } from '../columns.ts'
import { sourceAt } from '../sources.ts'
import { DurationCounts } from './duration-bucket.ts'
import type { QuestionParts } from './question-parts.ts'
import { eachRollup } from './rollups.ts'
import type { Rollup } from './rollup.ts'
import { createSpanChoice } from './span-choice-test.ts'
import { Spending } from './spending.ts'
import { isError } from './trace-spans.ts'

/** Beyond it steps are refused by who asks (the API); here it only bounds memory. */
export const redStepsMax = 11_000

class Figure {
  count = 0
  errors = 0
  durationSum = 0
  readonly durations = new DurationCounts()

  add(rollup: Rollup, group: number): void {
    const count = rollup.count[group] ?? 0
    this.count += count
    if (isError(rollup.flags[group] ?? 0)) this.errors += count
    this.durationSum += rollup.durationSum[group] ?? 0
    const [from, to] = [rollup.bucketEnd[group - 1] ?? 0, rollup.bucketEnd[group] ?? 0]
    this.durations.add(rollup.bucket, rollup.bucketCount, from, to)
  }

  addAll(other: Figure): void {
    this.count += other.count
    this.errors += other.errors
    this.durationSum += other.durationSum
    this.durations.addAll(other.durations)
  }

  toRed(): RedFigure {
    const { count, errors, durationSum, durations } = this
    const [p50, p95, p99] = [durations.quantile(0.5), durations.quantile(0.95), durations.quantile(0.99)]
    return { count, errors, durationSum, p50, p95, p99 }
  }
}

/** The longest so far, and its trace. */
class Slowest {
  #durationMax = Number.NEGATIVE_INFINITY
  traceId: string | undefined

  add({ durationMax, slowTrace }: Rollup, group: number): void {
    const duration = durationMax[group] ?? 0
    if (this.traceId !== undefined && duration <= this.#durationMax) return
    this.#durationMax = duration
    this.traceId = slowTrace.toString('hex', group * 16, group * 16 + 16)
  }
}

type Key = Pick<RedGroup, 'service' | 'operation' | 'source' | 'kind'>
type Group = { key: Key; steps: Map<number, Figure>; slow: Slowest; error: Slowest }

export function createRed(parts: QuestionParts): (question: RedQuestion) => RedFound {
  return (question) => {
    const { start = 0n, end = 0n, stepNano } = question
    const spending = new Spending(question.budget, parts.directory().all().length)
    const groups = new Map<number, Group>()
    const keysOf = createKeys(question.by)
    const choice = createSpanChoice(question)
    const beyond = eachRollup(
      parts,
      question,
      (row) => choice.mayHold(row),
      spending,
      (read, step) => {
        const rollup = read()
        const keys = keysOf(rollup)
        const fits = choice.fitsGroup(rollup)
        for (let group = 0; group < rollup.count.length; group++) {
          if (!fits(group)) continue
          const key = keys.numberOf(group)
          let found = groups.get(key)
          if (found === undefined) {
            found = { key: keys.keyOf(group), steps: new Map(), slow: new Slowest(), error: new Slowest() }
            groups.set(key, found)
          }
          const at = rollup.step?.[group] ?? step
          const figure = found.steps.get(at) ?? new Figure()
          found.steps.set(at, figure)
          figure.add(rollup, group)
          found.slow.add(rollup, group)
          if (isError(rollup.flags[group] ?? 0)) found.error.add(rollup, group)
        }
      },
    )
    const stepStarts =
      stepNano === undefined
        ? []
        : Array.from(
            { length: Number((end - start + stepNano - 1n) / stepNano) },
            (_, step) => start + BigInt(step) * stepNano,
          )
    return {
      groups: [...groups.values()].map((group) => redGroup(group, stepStarts)).sort(byKey),
      inspected: spending.inspected,
      cutShort: spending.cutShort(beyond),
    }
  }
}

function redGroup({ key, steps, slow, error }: Group, stepStarts: readonly bigint[]): RedGroup {
  const total = new Figure()
  for (const figure of steps.values()) total.addAll(figure)
  const none = new Figure()
  return {
    ...key,
    total: total.toRed(),
    steps: stepStarts.map((unixNano, step) => ({ unixNano, ...(steps.get(step) ?? none).toRed() })),
    slowTraceId: slow.traceId,
    errorTraceId: error.traceId,
  }
}

function byKey(one: RedGroup, other: RedGroup): number {
  const texts = [one, other].map(({ service, operation, source, kind }) =>
    JSON.stringify([service, operation, source, kind]),
  )
  return (texts[0] ?? '') < (texts[1] ?? '') ? -1 : 1
}

/** Names beyond it share a number, and so a group; a block has at most 32,767. */
const namesMax = 2 ** 20

type RollupKeys = { numberOf: (group: number) => number; keyOf: (group: number) => Key }

/** A number for each key, the same for all rollups: a text a group would cost as much as all the rest. */
function createKeys(by: RedQuestion['by']): (rollup: Rollup) => RollupKeys {
  const [service, operation, source, kind] = (['service', 'operation', 'source', 'kind'] as const).map(
    (key) => by.includes(key),
  )
  const numbers = new Map<string, number>()
  const numberOf = (text: string): number => {
    const known = numbers.get(text) ?? Math.min(numbers.size, namesMax - 1)
    numbers.set(text, known)
    return known
  }
  const known = new WeakMap<readonly string[], number[]>()
  const numbersOf = (texts: readonly string[]): number[] => {
    const found = known.get(texts) ?? texts.map(numberOf)
    known.set(texts, found)
    return found
  }
  return (rollup) => {
    const services = service === true ? numbersOf(rollup.services) : []
    const names = operation === true ? numbersOf(rollup.names) : []
    return {
      numberOf(group) {
        const owner =
          (services[rollup.service[group] ?? 0] ?? 0) * namesMax + (names[rollup.name[group] ?? 0] ?? 0)
        const sourceNumber = source === true ? (rollup.source[group] ?? 0) : 0
        return owner * 64 + sourceNumber * 8 + (kind === true ? kindOf(rollup.flags[group] ?? 0) : 0)
      },
      keyOf: (group) => ({
        ...(service === true && { service: rollup.services[rollup.service[group] ?? 0] ?? '' }),
        ...(operation === true && { operation: rollup.names[rollup.name[group] ?? 0] ?? '' }),
        ...(source === true && { source: sourceOf(rollup, group) }),
        ...(kind === true && { kind: spanKind.options[kindOf(rollup.flags[group] ?? 0)] ?? 'UNSPECIFIED' }),
      }),
    }
  }
}

const sourceOf = (rollup: Rollup, group: number): TraceSource => sourceAt(rollup.source[group] ?? 0)

export function createOperations(parts: QuestionParts): (service: string) => Operation[] {
  return (asked) => {
    const service = cutName(asked)
    const unbounded = { ms: Number.POSITIVE_INFINITY, spans: Number.POSITIVE_INFINITY }
    const spending = new Spending(unbounded, 0)
    const found = new Map<string, { kinds: Set<number>; spans: number }>()
    eachRollup(
      parts,
      {},
      () => true,
      spending,
      (read) => {
        const rollup = read()
        const ordinal = rollup.services.indexOf(service)
        if (ordinal < 0) return
        for (let group = 0; group < rollup.count.length; group++) {
          if (rollup.service[group] !== ordinal) continue
          const name = rollup.names[rollup.name[group] ?? 0] ?? ''
          const operation = found.get(name) ?? { kinds: new Set(), spans: 0 }
          found.set(name, operation)
          operation.kinds.add(kindOf(rollup.flags[group] ?? 0))
          operation.spans += rollup.count[group] ?? 0
        }
      },
    )
    return [...found]
      .map(([name, { kinds, spans }]) => ({
        name,
        kinds: [...kinds].sort((a, b) => a - b).map((kind) => spanKind.options[kind] ?? 'UNSPECIFIED'),
        spans,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
