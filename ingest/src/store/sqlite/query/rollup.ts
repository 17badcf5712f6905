// What rates, errors and durations of a block's spans are made of: counts of spans that have service, name, source, kind
// and status in common, with their durations in buckets. In: columns and which spans count; out: one entry a group.
// A whole block's rollup is stored with it (rollup-codec.ts), so that figures over hours do not look at single spans.
import { isRoot } from '../../../otlp/span-heads.ts'
import type { Columns } from '../columns.ts'
import { viewOf } from '../columns.ts'
import { scratch } from '../scratch.ts'
import { bucketOf, bucketsMax } from './duration-bucket.ts'

export type Rollup = {
  services: readonly string[]
  names: readonly string[]
  /** The rest by group: */
  count: Uint32Array
  /** Nanoseconds. */
  durationSum: Float64Array
  durationMax: Float64Array
  service: Uint16Array
  name: Uint16Array
  source: Uint8Array
  /** Kind and status, see span-heads.ts. */
  flags: Uint8Array
  /** The trace of the longest span, 16 bytes each. */
  slowTrace: Buffer
  /** Where its buckets end in the two below. */
  bucketEnd: Uint32Array
  bucket: Uint16Array
  bucketCount: Uint16Array
  /** Of a rollup by steps of time. */
  step: Uint32Array | undefined
}

// A thread makes one rollup at a time.
const groupsScratch = scratch((length) => new Int32Array(length))
const numbersScratch = scratch((length) => new Int32Array(length))
const durationsScratch = scratch((length) => new Float64Array(length))
const bucketsScratch = scratch((length) => new Uint16Array(length))

/** `stepOf` gives a span's step of time, -1 for a span that does not count. */
export function rollupOf(columns: Columns, stepOf?: (span: number) => number): Rollup {
  const groups = groupSpans(columns, stepOf)
  const { groupOf, first, count } = groups
  const durations = durationsOf(columns)
  const groupCount = count.length
  const durationSum = new Float64Array(groupCount)
  const durationMax = new Float64Array(groupCount).fill(Number.NEGATIVE_INFINITY)
  const slowest = new Uint16Array(groupCount)
  for (let span = 0; span < columns.spanCount; span++) {
    const group = groupOf[span] ?? -1
    if (group < 0) continue
    const duration = durations[span] ?? 0
    durationSum[group] = (durationSum[group] ?? 0) + duration
    if (duration > (durationMax[group] ?? 0)) {
      durationMax[group] = duration
      slowest[group] = columns.trace[span] ?? 0
    }
  }
  const slowTrace = Buffer.alloc(groupCount * 16)
  for (let group = 0; group < groupCount; group++) {
    const at = (slowest[group] ?? 0) * 16
    columns.traceIds.copy(slowTrace, group * 16, at, at + 16)
  }
  const of = <T extends Uint8Array | Uint16Array>(column: T, into: T): T => {
    for (let group = 0; group < groupCount; group++) into[group] = column[first[group] ?? 0] ?? 0
    return into
  }
  return {
    services: columns.services,
    names: columns.names,
    count: Uint32Array.from(count),
    durationSum,
    durationMax,
    service: of(columns.service, new Uint16Array(groupCount)),
    name: of(columns.name, new Uint16Array(groupCount)),
    source: of(columns.source, new Uint8Array(groupCount)),
    flags: of(columns.flags, new Uint8Array(groupCount)).map(withoutRoot),
    slowTrace,
    ...bucketsOf(durations, groupOf, groupCount),
    step: stepOf && Uint32Array.from(first, (span) => stepOf(span)),
  }
}

const withoutRoot = (flags: number): number => (isRoot(flags) ? flags - 1 : flags)

type Groups = { groupOf: Int32Array; first: number[]; count: number[] }

/** Source below 8; kind and status five bits. */
const kindsOfOwner = 256
const denseMax = 2 ** 18

function groupSpans(columns: Columns, stepOf: ((span: number) => number) | undefined): Groups {
  const { spanCount, service, name, source, flags, names, services } = columns
  const groupOf = groupsScratch(spanCount)
  const owners = services.length * names.length * kindsOfOwner
  const groups = stepOf === undefined && owners <= denseMax ? new DenseNumbers(owners) : new SparseNumbers()
  const [first, count]: [number[], number[]] = [[], []]
  for (let span = 0; span < spanCount; span++) {
    const step = stepOf === undefined ? 0 : stepOf(span)
    if (step < 0) {
      groupOf[span] = -1
      continue
    }
    const owner = (step * services.length + (service[span] ?? 0)) * names.length + (name[span] ?? 0)
    const key = owner * kindsOfOwner + (source[span] ?? 0) * 32 + ((flags[span] ?? 0) >> 1)
    let group = groups.get(key)
    if (group === undefined) {
      group = first.push(span) - 1
      count.push(0)
      groups.set(key, group)
    }
    groupOf[span] = group
    count[group] = (count[group] ?? 0) + 1
  }
  return { groupOf, first, count }
}

class SparseNumbers extends Map<number, number> {}

/** The same for keys below a bound: a tenth of the time. */
class DenseNumbers {
  readonly #numbers: Int32Array

  constructor(keysMax: number) {
    this.#numbers = numbersScratch(keysMax)
  }

  get(key: number): number | undefined {
    const number = this.#numbers[key] ?? 0
    return number === 0 ? undefined : number - 1
  }

  set(key: number, number: number): void {
    this.#numbers[key] = number + 1
  }
}

/** As doubles, out of halves: a bigint a span would cost more than all the rest. */
function durationsOf({ duration, spanCount }: Columns): Float64Array {
  const view = viewOf(duration)
  const durations = durationsScratch(spanCount)
  for (let span = 0; span < spanCount; span++) {
    durations[span] = view.getInt32(span * 8 + 4, true) * 2 ** 32 + view.getUint32(span * 8, true)
  }
  return durations
}

function bucketsOf(
  durations: Float64Array,
  groupOf: Int32Array,
  groupCount: number,
): Pick<Rollup, 'bucketEnd' | 'bucket' | 'bucketCount'> {
  const buckets = bucketsScratch(durations.length)
  let [least, most] = [bucketsMax, 0]
  for (let span = 0; span < durations.length; span++) {
    const bucket = bucketOf(durations[span] ?? 0)
    buckets[span] = bucket
    if (bucket < least) least = bucket
    if (bucket > most) most = bucket
  }
  // A block has at most 32,767 spans.
  const width = Math.max(0, most - least + 1)
  const counts = new Uint16Array(groupCount * width)
  let used = 0
  for (let span = 0; span < buckets.length; span++) {
    const group = groupOf[span] ?? -1
    if (group < 0) continue
    const at = group * width + (buckets[span] ?? 0) - least
    const known = counts[at] ?? 0
    if (known === 0) used++
    counts[at] = known + 1
  }
  const found = {
    bucketEnd: new Uint32Array(groupCount),
    bucket: new Uint16Array(used),
    bucketCount: new Uint16Array(used),
  }
  let to = 0
  for (let group = 0, at = 0; group < groupCount; group++) {
    for (let bucket = least; bucket <= most; bucket++, at++) {
      const count = counts[at] ?? 0
      if (count === 0) continue
      found.bucket[to] = bucket
      found.bucketCount[to++] = count
    }
    found.bucketEnd[group] = to
  }
  return found
}
