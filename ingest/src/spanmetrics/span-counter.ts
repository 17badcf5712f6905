// Counts spans by service, name, kind, status and source: calls, durations, bytes. In: a block's columns from some span
// on; out: additions to series. A block's spans are added up by themselves first, so that a series is looked for once a
// block and not once a span.
import { kindOf, statusOf } from '../otlp/span-heads.ts'
import { bucketOf, spanBuckets } from './buckets.ts'
import { halvesOf } from './counted-spans.ts'
import type { CountedSpans } from './counted-spans.ts'
import type { Dimensions } from './dimensions.ts'
import { SeriesTable, SpanSeries } from './series.ts'

const bucketCount = spanBuckets.count + 1
/** Of the table that tells where spans like the one before are added up: 1,024. */
const slotBits = 10
const slotShift = 32 - slotBits
const slots = 2 ** slotBits

export type SpanBlock = {
  spans: CountedSpans
  from: number
  sources: number
  /** Undefined: none are wanted. */
  dimensions: Dimensions | undefined
  /** Where the columns do not have it. */
  sizeOf: (span: number) => number
  nowMs: number
}

export class SpanCounter {
  readonly series: SeriesTable<SpanSeries>
  /** By service, name and the rest: a look-up by all labels takes a text made of them. */
  readonly #shortcuts = new Map<string, Map<string, Map<number, SpanSeries>>>()

  constructor(seriesMax: number) {
    this.series = new SeriesTable(seriesMax, (labels, startMs) => new SpanSeries(labels, startMs))
  }

  /** Gives how many were counted. */
  count(block: SpanBlock): number {
    const sums = new Sums()
    const { spans, from, sources, dimensions } = block
    const duration = halvesOf(spans.duration)
    let counted = 0
    for (let span = from; span < spans.spanCount; span++) {
      const source = spans.source[span] ?? 0
      if ((sources & (1 << source)) === 0) continue
      counted++
      const sum = sums.of(span, keyOf(spans, span, dimensions))
      const high = duration[span * 2 + 1] ?? 0
      sums.add(sum, span, high >= 2 ** 31 ? 0 : (duration[span * 2] ?? 0), high >= 2 ** 31 ? 0 : high)
      sums.bytes[sum] = (sums.bytes[sum] ?? 0) + sizeOf(block, span)
    }
    for (let sum = 0; sum < sums.count; sum++) this.#add(sums, sum, block)
    return counted
  }

  expire(beforeMs: number): void {
    this.series.expire(beforeMs)
    this.#shortcuts.clear()
  }

  #add(sums: Sums, sum: number, { spans, dimensions, nowMs }: SpanBlock): void {
    const buckets = sums.bucketsOf(sum)
    const series = this.#seriesOf(spans, sums.firstSpan[sum] ?? 0, dimensions, buckets, nowMs)
    series.lastMs = nowMs
    const { latency } = series
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const count = buckets[bucket] ?? 0
      if (count === 0) continue
      latency.addToBucket(bucket, count)
      if (!latency.wantsExemplar(bucket, nowMs)) continue
      const last = sums.lastOf(sum, bucket)
      latency.exemplars[bucket] = {
        traceId: traceIdOf(spans, last),
        seconds: secondsOf(spans, last),
        unixMs: nowMs,
      }
    }
    latency.addSum(...sums.durationOf(sum))
    series.bytes += sums.bytes[sum] ?? 0
  }

  #seriesOf(
    spans: CountedSpans,
    span: number,
    dimensions: Dimensions | undefined,
    buckets: Uint32Array,
    nowMs: number,
  ): SpanSeries {
    const [service = '', name = ''] = [
      spans.services[spans.service[span] ?? 0],
      spans.names[spans.name[span] ?? 0],
    ]
    const rest = restOf(spans, span)
    const known = dimensions === undefined ? this.#shortcuts.get(service)?.get(name)?.get(rest) : undefined
    if (known !== undefined) return known
    const flags = spans.flags[span] ?? 0
    const numbers = [kindOf(flags), statusOf(flags), spans.source[span] ?? 0].map(String)
    const labels = [service, name, ...numbers, ...(dimensions?.valuesOf(span) ?? [])]
    const additions = buckets.reduce((all, count) => all + count, 0)
    const series = this.series.of(labels, additions, nowMs)
    // What goes into the overflow is without bound.
    if (dimensions === undefined && series !== this.series.overflow) {
      const names = getOrMake(this.#shortcuts, service, () => new Map<string, Map<number, SpanSeries>>())
      getOrMake(names, name, () => new Map<number, SpanSeries>()).set(rest, series)
    }
    return series
  }
}

/** What spans of one service and name may differ in, of what is counted: kind and status without the root's bit, source. */
const restOf = ({ flags, source }: CountedSpans, span: number): number =>
  ((flags[span] ?? 0) >> 1) * 8 + (source[span] ?? 0)

/** What spans have in common that are added up together; a number below 2^53. */
function keyOf(spans: CountedSpans, span: number, dimensions: Dimensions | undefined): number {
  const own = ((spans.name[span] ?? 0) * 2 ** 15 + (spans.service[span] ?? 0)) * 2 ** 8
  return own + restOf(spans, span) + (dimensions?.numberOf(span) ?? 0) * 2 ** 38
}

function sizeOf({ spans: { sizes, spanCount }, sizeOf: bodySize }: SpanBlock, span: number): number {
  if (sizes.length === 0) return bodySize(span)
  const low = (sizes[span] ?? 0) + ((sizes[span + spanCount] ?? 0) << 8)
  return low + ((sizes[span + 2 * spanCount] ?? 0) << 16) + (sizes[span + 3 * spanCount] ?? 0) * 2 ** 24
}

const secondsOf = ({ duration }: CountedSpans, span: number): number =>
  Math.max(0, Number(duration[span] ?? 0n)) / 1e9

function traceIdOf({ traceIds, trace }: CountedSpans, span: number): string {
  const at = (trace[span] ?? 0) * 16
  return Buffer.from(traceIds.subarray(at, at + 16)).toString('hex')
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

/** Of one block, by key: a place in flat arrays each. */
class Sums {
  count = 0
  readonly firstSpan: number[] = []
  readonly bytes: number[] = []
  #buckets = new Uint32Array(64 * bucketCount)
  #last = new Uint32Array(64 * bucketCount)
  /** Of durations: 32 bits each, so that no addition loses any. */
  readonly #low: number[] = []
  readonly #high: number[] = []
  readonly #places = new Map<number, number>()
  readonly #recentKeys = new Float64Array(slots).fill(-1)
  readonly #recentPlaces = new Uint32Array(slots)

  of(span: number, key: number): number {
    const slot = Math.imul(key | 0, 0x9e3779b1) >>> slotShift
    if (this.#recentKeys[slot] === key) return this.#recentPlaces[slot] ?? 0
    let place = this.#places.get(key)
    if (place === undefined) {
      place = this.count++
      this.#places.set(key, place)
      this.firstSpan.push(span)
      this.bytes.push(0)
      this.#low.push(0)
      this.#high.push(0)
      if (this.count * bucketCount > this.#buckets.length) this.#grow()
    }
    this.#recentKeys[slot] = key
    this.#recentPlaces[slot] = place
    return place
  }

  add(place: number, span: number, low: number, high: number): void {
    const at = place * bucketCount + bucketOf(spanBuckets, low + high * 2 ** 32)
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1
    this.#last[at] = span
    this.#low[place] = (this.#low[place] ?? 0) + low
    this.#high[place] = (this.#high[place] ?? 0) + high
  }

  bucketsOf(place: number): Uint32Array {
    return this.#buckets.subarray(place * bucketCount, (place + 1) * bucketCount)
  }

  lastOf(place: number, bucket: number): number {
    return this.#last[place * bucketCount + bucket] ?? 0
  }

  durationOf(place: number): [seconds: number, nanos: number] {
    const small = (this.#high[place] ?? 0) * 2 ** 32 + (this.#low[place] ?? 0)
    if (small < 2 ** 53) {
      const seconds = Math.floor(small / 1_000_000_000)
      return [seconds, small - seconds * 1_000_000_000]
    }
    const sum = (BigInt(this.#high[place] ?? 0) << 32n) + BigInt(this.#low[place] ?? 0)
    return [Number(sum / 1_000_000_000n), Number(sum % 1_000_000_000n)]
  }

  #grow(): void {
    const [buckets, last] = [this.#buckets, this.#last]
    this.#buckets = new Uint32Array(buckets.length * 2)
    this.#buckets.set(buckets)
    this.#last = new Uint32Array(last.length * 2)
    this.#last.set(last)
  }
}
