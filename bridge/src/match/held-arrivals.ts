// Where what has arrived is while it waits to be put in order. A line is nine numbers and its chunk: on a busy machine
// 100,000 lines wait, and as objects the garbage collector would copy all of them twice, a third of the bridge's time.
// An event that is no plain line is kept as it is. A chunk is let go with the last of its lines.
import type { TupleHead } from '../event/tuple-line.ts'
import type { ProbeEvent } from '../event/event.ts'
import type { Hold } from './reorder.ts'

/** An event, or a line of which the rest is read when its turn has come. */
export type Arrival = ProbeEvent | TupleHead

const firstPlaces = 1024
const numbersOfPlace = 7
/** Seconds, pid and tid may be beyond 32 bits. */
const largeOfPlace = 3
const noChunk = -1

export class HeldArrivals implements Hold<Arrival> {
  private numbers = new Int32Array(firstPlaces * numbersOfPlace)
  private large = new Float64Array(firstPlaces * largeOfPlace)
  private places = 0
  private readonly freePlaces: number[] = []
  private readonly events = new Map<number, ProbeEvent>()
  private readonly chunks: { bytes: Buffer | undefined; lines: number }[] = []
  private readonly freeChunks: number[] = []
  private newestChunk = noChunk

  put(arrival: Arrival): number {
    const place = this.freePlaces.pop() ?? this.newPlace()
    const { numbers, large } = this
    const at = place * numbersOfPlace
    if (!('bytes' in arrival)) {
      this.events.set(place, arrival)
      numbers[at] = noChunk
      return place
    }
    numbers[at] = this.chunkOf(arrival.bytes)
    numbers[at + 1] = arrival.start
    numbers[at + 2] = arrival.end
    numbers[at + 3] = arrival.block
    numbers[at + 4] = arrival.at[1]
    numbers[at + 5] = arrival.bodyAt
    numbers[at + 6] = arrival.counter
    const largeAt = place * largeOfPlace
    large[largeAt] = arrival.at[0]
    large[largeAt + 1] = arrival.pid
    large[largeAt + 2] = arrival.tid
    return place
  }

  take(place: number): Arrival {
    this.freePlaces.push(place)
    const { numbers, large } = this
    const at = place * numbersOfPlace
    const bytes = this.letGo(numbers[at] ?? noChunk)
    if (!bytes) return this.takeEvent(place)
    const largeAt = place * largeOfPlace
    return {
      bytes,
      start: numbers[at + 1] ?? 0,
      end: numbers[at + 2] ?? 0,
      block: numbers[at + 3] ?? 0,
      counter: numbers[at + 6] ?? 0,
      at: [small(large[largeAt] ?? 0), numbers[at + 4] ?? 0],
      pid: small(large[largeAt + 1] ?? 0),
      tid: small(large[largeAt + 2] ?? 0),
      bodyAt: numbers[at + 5] ?? 0,
    }
  }

  private takeEvent(place: number): ProbeEvent {
    const event = this.events.get(place)
    if (!event) throw new Error(`nothing is held at place ${place}`)
    this.events.delete(place)
    return event
  }

  private newPlace(): number {
    const place = this.places
    this.places += 1
    if (this.places * numbersOfPlace <= this.numbers.length) return place
    const [numbers, large] = [this.numbers, this.large]
    this.numbers = new Int32Array(2 * numbers.length)
    this.numbers.set(numbers)
    this.large = new Float64Array(2 * large.length)
    this.large.set(large)
    return place
  }

  /** Lines of a chunk arrive one after another. */
  private chunkOf(bytes: Buffer): number {
    const newest = this.chunks[this.newestChunk]
    if (newest?.bytes === bytes) {
      newest.lines += 1
      return this.newestChunk
    }
    this.newestChunk = this.freeChunks.pop() ?? this.chunks.length
    this.chunks[this.newestChunk] = { bytes, lines: 1 }
    return this.newestChunk
  }

  private letGo(number: number): Buffer | undefined {
    const chunk = this.chunks[number]
    if (!chunk) return undefined
    const { bytes } = chunk
    chunk.lines -= 1
    if (chunk.lines > 0) return bytes
    chunk.bytes = undefined
    this.freeChunks.push(number)
    return bytes
  }
}

/** The same number, as V8 keeps small integers: a number out of a Float64Array is an object of its own wherever it is put. */
const small = (value: number): number => ((value | 0) === value ? value | 0 : value)
