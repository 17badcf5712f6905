// A chunk: the spans that will become one block, as they travel between threads. Made of one or more batches laid end
// to end; at most `blockSpansMax` spans and, unless one span alone is larger, `blockBytesMax` of OTLP.
import { splitSpans } from '../../otlp/regroup.ts'
import { scanBody } from '../../otlp/scan.ts'
import type { SpanHeads } from '../../otlp/span-heads.ts'
import { headStride, shiftHeads } from '../../otlp/span-heads.ts'
import type { Batch, SpanGroup } from '../store.ts'
import { sourceNumber } from './sources.ts'

// 8,000 spans: a block is decompressed in under 2 ms; 800 spans cost 3 bytes a span more.
export const blockSpansMax = 8_000
const blockSpansFull = 7_500
// Bounds what showing one trace decompresses.
export const blockBytesMax = 8 * 2 ** 20
export const blockBytesFull = blockBytesMax / 2

export type Chunk = {
  /** The batches' bodies in its first `bodyBytes`. */
  body: Buffer<ArrayBuffer>
  bodyBytes: number
  /** Of the first `spanCount` spans. */
  heads: SpanHeads
  spanCount: number
  /**
   * `groupStride` numbers a group: source, service (place in `services`), spans, start and end of the resource in the
   * body. A resource in several parts goes on in groups of no spans.
   */
  groups: Uint32Array<ArrayBuffer>
  services: string[]
}

export const groupStride = 5

export type ChunkBuffers = { body: Buffer<ArrayBuffer>; heads: SpanHeads }

/** Buffers that any chunk of batches fits that were cut to size. */
export function chunkBuffers(bodyBytes = blockBytesMax, spans = blockSpansMax): ChunkBuffers {
  // Not of Buffer's pool, whose memory cannot move to another thread. Pages that are never written cost nothing.
  return { body: Buffer.allocUnsafeSlow(bodyBytes), heads: new Uint32Array(spans * headStride) }
}

export class ChunkBuilder {
  readonly #buffers: ChunkBuffers
  readonly #groups: number[] = []
  readonly #services = new Map<string, number>()
  bodyBytes = 0
  spanCount = 0

  constructor(buffers: ChunkBuffers) {
    this.#buffers = buffers
  }

  fits({ body, spanCount }: Batch): boolean {
    return (
      this.spanCount + spanCount <= this.#buffers.heads.length / headStride &&
      this.bodyBytes + body.length <= this.#buffers.body.length
    )
  }

  /** Waiting for more would hardly make a better block. */
  isFull(): boolean {
    return this.spanCount >= blockSpansFull || this.bodyBytes >= blockBytesFull
  }

  /** The batch must fit. */
  add({ body, heads, groups, spanCount }: Batch): void {
    this.#buffers.body.set(body, this.bodyBytes)
    shiftHeads(heads, this.bodyBytes, this.#buffers.heads, this.spanCount)
    for (const group of groups) this.#addGroup(group)
    this.bodyBytes += body.length
    this.spanCount += spanCount
  }

  #addGroup({ source, service, resource, spanCount }: SpanGroup): void {
    let place = this.#services.get(service)
    if (place === undefined) {
      place = this.#services.size
      this.#services.set(service, place)
    }
    const [first = { start: 0, end: 0 }, ...more] = resource
    const [number, at] = [sourceNumber(source), this.bodyBytes]
    this.#groups.push(number, place, spanCount, first.start + at, first.end + at)
    for (const { start, end } of more) this.#groups.push(number, place, 0, start + at, end + at)
  }

  build(): Chunk {
    const { body, heads } = this.#buffers
    return {
      body,
      bodyBytes: this.bodyBytes,
      heads,
      spanCount: this.spanCount,
      groups: new Uint32Array(this.#groups),
      services: [...this.#services.keys()],
    }
  }
}

export function chunkOf(batch: Batch): Chunk {
  const builder = new ChunkBuilder(chunkBuffers(batch.body.length, batch.spanCount))
  builder.add(batch)
  return builder.build()
}

/** A batch that is larger than a block, in parts that are not. */
export function cutBatch(batch: Batch): Batch[] {
  if (batch.spanCount <= blockSpansMax && batch.body.length <= blockBytesMax) return [batch]
  const owners = batch.groups.flatMap(({ source, service, spanCount }) => ({ source, service, spanCount }))
  return splitSpans(batch.body, blockSpansMax, blockBytesMax).map((part) => {
    const { groups, heads, spanCount } = scanBody(part.body, Number.POSITIVE_INFINITY)
    return {
      body: part.body,
      heads,
      spanCount,
      groups: groups.map(({ resource, spanCount }) => {
        const [owner] = owners
        if (owner === undefined) throw new Error('a part of a batch has spans that the batch has not')
        // A cut goes through groups, never over their borders.
        owner.spanCount -= spanCount
        if (owner.spanCount === 0) owners.shift()
        return { source: owner.source, service: owner.service, resource, spanCount }
      }),
    }
  })
}
