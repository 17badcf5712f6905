// What would break: events that are lost and nobody says so, or a loss that never was.
import type { HrTime } from '@opentelemetry/api'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventBuffers, type Line } from '../../test/event-buffers.ts'
import { compareTimes, timeOfNs } from '../time/instant.ts'
import { Losses } from './losses.ts'
import { Progress } from './progress.ts'

const second = 1_000_000_000n

/** What the bridge does with lines that come out of the pipe now. */
class Reading {
  readonly losses = new Losses((boot) => boot)
  private readonly progress = new Progress()
  private readonly buffers: EventBuffers

  constructor(buffers: EventBuffers) {
    this.buffers = buffers
  }

  take(most = Infinity): void {
    for (const line of this.buffers.pipe.splice(0, most)) this.line(line)
  }

  end(): void {
    this.buffers.drain()
    this.take()
    this.losses.end(timeOfNs(this.buffers.nowNs))
  }

  /** Until when all has arrived, as the counts alone tell. */
  accounted: HrTime = [0, 0]
  /** Of a time that all was said to have arrived until. */
  arrivedLate = 0

  private print(counts: ReadonlyMap<number, number>): void {
    const now = timeOfNs(this.buffers.nowNs)
    this.accounted = this.losses.print(mapsOf(counts), this.progress.furthest, now) ?? this.accounted
  }

  private line(line: Line): void {
    if (line.is === 'event') {
      this.losses.arrive(line.counter)
      if (compareTimes(line.at, this.accounted) < 0) this.arrivedLate += 1
    } else if (line.is === 'counts') this.print(line.counts)
    else {
      this.progress.advance(line.progress)
      if (this.progress.certain) this.losses.settle(this.progress.certain)
    }
  }
}

const mapsOf = (counts: ReadonlyMap<number, number>): { '@events': { [key: string]: number } } => ({
  '@events': Object.fromEntries(
    [...counts].map(([counter, count]) => [`${Math.floor(counter / 8)},${counter % 8}`, count]),
  ),
})

const cpus = [0, 1, 2, 3]
const cpu = fc.nat(3)
const kernel = fc.record({ isShared: fc.boolean(), capacity: fc.integer({ min: 1, max: 12 }) })
const some = fc.constantFrom(cpus, [0], [1], [2, 3])
const action = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant('step' as const), cpu, fc.integer({ min: 1, max: 20 })) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('progress' as const), some) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('request' as const)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('read' as const), some, fc.nat(20)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('take' as const), fc.nat(40)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('wait' as const), fc.nat(700)) },
)

test('whatever is interrupted, late or full: never more is told than was lost, and at the end exactly that', () => {
  let told = 0
  fc.assert(
    fc.property(
      kernel,
      fc.array(action, { maxLength: 300, size: 'max' }),
      ({ isShared, capacity }, actions) => {
        const buffers = new EventBuffers(cpus.length, isShared, capacity)
        const reading = new Reading(buffers)
        for (const each of actions) {
          if (each[0] === 'step') for (let at = 0; at < each[2]; at += 1) buffers.step(each[1], at % 2)
          else if (each[0] === 'progress') for (const one of each[1]) buffers.tellProgress(one)
          else if (each[0] === 'request') buffers.requestCounts()
          else if (each[0] === 'read') for (const one of each[1]) buffers.read(one, each[2])
          else if (each[0] === 'take') reading.take(each[1])
          else buffers.nowNs += BigInt(each[1]) * 1_000_000n
          expect(reading.losses.lost).toBeLessThanOrEqual(buffers.lost)
        }
        if (reading.losses.lost > 0) told += 1
        reading.end()
        expect(reading.losses.lost).toBe(buffers.lost)
      },
    ),
    { numRuns: 300 },
  )
  expect(told, 'runs in which losses were told before the end').toBeGreaterThan(20)
})

test('where an idle CPU tells nothing, the counts tell until when all has arrived', () => {
  const read = fc.record({ atMs: fc.nat(5000), cpu, most: fc.nat(30) })
  fc.assert(
    fc.property(fc.array(read, { maxLength: 200, size: 'max' }), fc.nat(300), (reads, endMs) => {
      const buffers = new EventBuffers(cpus.length, false, Infinity)
      const reading = new Reading(buffers)
      for (let ms = 0; ms < 5000; ms += 1) {
        buffers.nowNs = 7n * second + BigInt(ms) * 1_000_000n
        // CPU 3 is idle but for a moment now and then.
        for (const busy of ms % 700 < 3 ? cpus : [0, 1, 2]) buffers.fire(busy, ms % 2)
        if (ms % 1000 === 300) {
          buffers.tellProgress(0)
          buffers.requestCounts()
        }
        for (const each of reads.filter(({ atMs }) => atMs === ms)) buffers.read(each.cpu, each.most * 20)
        // The buffer that counts are asked for by is read in time.
        if (ms % 10 === 0) buffers.read(0, Infinity)
        reading.take()
      }
      expect(reading.arrivedLate).toBe(0)
      for (const each of cpus) buffers.read(each, Infinity)
      buffers.nowNs += BigInt(endMs) * 1_000_000n
      buffers.tellProgress(0)
      buffers.requestCounts()
      const until = timeOfNs(buffers.nowNs)
      buffers.read(0, Infinity)
      reading.take()
      expect(reading.accounted).toEqual(until)
    }),
    { numRuns: 30 },
  )
})

test('while events go on flowing, a burst’s losses are known to the last one soon after its second', () => {
  const bursts = fc.array(fc.record({ atMs: fc.nat(1500), cpu, events: fc.nat(40) }), { maxLength: 10 })
  fc.assert(
    fc.property(kernel, bursts, fc.nat(90), ({ isShared, capacity }, all, lagMs) => {
      const buffers = new EventBuffers(cpus.length, isShared, capacity + 8)
      const reading = new Reading(buffers)
      for (let ms = 0; ms < 3800; ms += 1) {
        buffers.nowNs = 7n * second + BigInt(ms) * 1_000_000n
        for (const burst of all.filter(({ atMs }) => atMs === ms)) {
          for (let event = 0; event < burst.events; event += 1) buffers.fire(burst.cpu, event % 2)
        }
        if (ms % 3 === 0) buffers.fire(ms % 4, ms % 2)
        if (ms % 1000 === 300) buffers.requestCounts()
        if (ms % 100 === 50) for (const each of cpus) buffers.tellProgress(each)
        if (ms % 5 === 0) for (const each of cpus) buffers.read(each, Infinity)
        if (ms % (lagMs + 1) === 0) reading.take()
      }
      expect(reading.losses.lost).toBe(buffers.lost)
    }),
    { numRuns: 20 },
  )
})

/** Ten events of which three are lost in second 8; known after the reading at 9.3 s and the progress behind it. */
function threeLost(): { buffers: EventBuffers; reading: Reading; until: (ms: number) => void } {
  const buffers = new EventBuffers(1, true, 7)
  const reading = new Reading(buffers)
  buffers.nowNs = 8n * second
  for (let event = 0; event < 10; event += 1) buffers.fire(0, 0)
  const until = (ms: number): void => {
    buffers.nowNs = BigInt(ms) * 1_000_000n
    buffers.read(0, Infinity)
    reading.take()
  }
  until(8100)
  return { buffers, reading, until }
}

test('a loss is known once nothing of the time of its count is under way, and not before', () => {
  const { buffers, reading, until } = threeLost()
  buffers.requestCounts()
  until(9300)
  // Printed before, and read late.
  buffers.nowNs = 9_299_000_000n
  buffers.tellProgress(0)
  until(9310)
  expect(reading.losses.lost).toBe(0)
  buffers.tellProgress(0)
  until(9320)
  expect(reading.losses.lost).toBe(3)
})

test('what lies near a loss: from its second on, until a reading tells of no more', () => {
  const { buffers, reading, until } = threeLost()
  const { losses } = reading
  expect(losses.isNear([8, 0], [9, 0])).toBe(false)
  for (const ms of [9300, 10_300]) {
    buffers.requestCounts()
    until(ms)
    buffers.tellProgress(0)
    until(ms + 10)
    expect(losses.isNear([8, 500], [8, 600])).toBe(true)
    expect(losses.isNear([1, 0], [12, 0])).toBe(true)
    expect(losses.isNear([7, 0], [7, 900])).toBe(false)
    // There may have been more of them by then, until the next reading.
    expect(losses.isNear([9, 500], [9, 600])).toBe(ms === 9300)
  }
})

test('other maps of the program, counts printed as text, and none at all do no harm', () => {
  const losses = new Losses((boot) => boot)
  expect(losses.print({ '@mine': { '0,1': 8 } }, [1, 0], [1, 0])).toBeUndefined()
  losses.print({ '@events': { '0,1': '9', '@': 7, '3': 7 } }, [1, 0], [1, 0])
  losses.end([1, 0])
  expect(losses.lost).toBe(9)
  new Losses((boot) => boot).end([1, 0])
})
