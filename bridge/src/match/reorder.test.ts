// What would break: an end matched before its start because two CPUs' buffers were read in turn; events held for ever.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { atNsOf, probeEvent } from '../../test/probe-events.ts'
import type { ProbeEvent } from '../event/event.ts'
import { nsOfTime, timeOfMs } from '../time/instant.ts'
import { HeldArrivals, type Arrival } from './held-arrivals.ts'
import { ReorderBuffer } from './reorder.ts'

const windowNs = 250
/** Milliseconds, which the buffer counts in. */
const ms = (nanoseconds: number): number => nanoseconds / 1e6
const at = (time: number | bigint): ProbeEvent => probeEvent({ atNs: BigInt(time), key: `${time}` })

/** Answers with the events that each step released. */
class Released {
  readonly own: ReorderBuffer<Arrival>

  constructor(windowMs: number | 'told', heldMax?: number) {
    this.own = new ReorderBuffer<Arrival>(windowMs, new HeldArrivals(), heldMax)
  }

  push(event: ProbeEvent, nowMs: number): ProbeEvent[] {
    this.own.push(event, nowMs)
    return this.due()
  }

  advance(nowMs: number): ProbeEvent[] {
    this.own.advance(nowMs)
    return this.due()
  }

  flush(): ProbeEvent[] {
    this.own.flush()
    return this.due()
  }

  private due(): ProbeEvent[] {
    const events: ProbeEvent[] = []
    for (let event = this.own.next(); event; event = this.own.next()) {
      if (!('bytes' in event)) events.push(event)
    }
    return events
  }
}

const times = (events: readonly ProbeEvent[]): number[] => events.map((event) => Number(atNsOf(event)))

test('whatever the order of arrival within the window, events leave in order, none is lost, none is late', () => {
  const events = fc.array(fc.record({ time: fc.nat(10_000), delay: fc.nat(windowNs) }), {
    maxLength: 100,
  })
  fc.assert(
    fc.property(events, (events) => {
      const buffer = new Released(ms(windowNs))
      const arrivals = events
        .map(({ time, delay }) => ({ time, arrival: time + delay }))
        .sort((a, b) => a.arrival - b.arrival)
      const released = arrivals.flatMap(({ time, arrival }) => buffer.push(at(time), ms(arrival)))
      released.push(...buffer.flush())
      expect(times(released)).toEqual(events.map((event) => event.time).sort((a, b) => a - b))
      expect(buffer.own.late).toBe(0)
      expect(buffer.own.held).toBe(0)
    }),
  )
})

test('any order and any clock: every event comes out exactly once, and what is held is within its bound', () => {
  const arrival = fc.record({ time: fc.nat(2000), wait: fc.nat(300) })
  fc.assert(
    fc.property(fc.array(arrival), fc.integer({ min: 1, max: 20 }), (arrivals, heldMax) => {
      const buffer = new Released(ms(windowNs), heldMax)
      let nowNs = 0
      const released: ProbeEvent[] = []
      for (const { time, wait } of arrivals) {
        nowNs += wait
        released.push(...buffer.push(at(time), ms(nowNs)))
        expect(buffer.own.held).toBeLessThanOrEqual(heldMax)
      }
      released.push(...buffer.flush())
      const sorted = (numbers: number[]): number[] => numbers.sort((a, b) => a - b)
      expect(sorted(times(released))).toEqual(sorted(arrivals.map((each) => each.time)))
    }),
  )
})

test('events of the same time leave in the order in which they came', () => {
  const buffer = new Released(ms(windowNs))
  const events = Array.from({ length: 50 }, (_, tid) => probeEvent({ atNs: 7n, tid }))
  for (const event of events) buffer.push(event, 0)
  expect(buffer.flush()).toEqual(events)
})

test('a quiet stream is released by time alone, not before bpftrace has had the time of four windows', () => {
  const buffer = new Released(ms(windowNs))
  expect(buffer.advance(ms(10))).toEqual([])
  expect(buffer.push(at(1000), ms(50))).toEqual([])
  expect(buffer.advance(ms(50 + 4 * windowNs - 1))).toEqual([])
  expect(times(buffer.advance(ms(50 + 4 * windowNs)))).toEqual([1000])
  expect(buffer.own.held).toBe(0)
})

test('an event that comes after a later one was released is counted as late and still passed on', () => {
  const buffer = new Released(ms(windowNs))
  buffer.push(at(1000), 0)
  expect(times(buffer.push(at(2000), ms(1)))).toEqual([1000])
  expect(times(buffer.push(at(900), ms(2)))).toEqual([900])
  expect(buffer.own.late).toBe(1)
  expect(times(buffer.flush())).toEqual([2000])
})

test('beyond heldMax the oldest leave early: memory is bounded, no event is lost', () => {
  const buffer = new Released(ms(windowNs), 3)
  const released = [5, 3, 4, 1, 2].flatMap((time) => times(buffer.push(at(time), 0)))
  expect(released).toEqual([1, 2])
  expect(buffer.own.held).toBe(3)
  expect(times(buffer.flush())).toEqual([3, 4, 5])
})

test('until when events are settled is known only once there was one', () => {
  const buffer = new Released(ms(windowNs))
  expect(buffer.own.settledUntil(ms(99))).toBeUndefined()
  buffer.push(at(1000), ms(10))
  const settled = (nowNs: number): bigint => nsOfTime(buffer.own.settledUntil(ms(nowNs)) ?? [0, 0])
  expect(settled(10 + 3 * windowNs)).toBe(1000n - BigInt(windowNs))
  expect(settled(10 + 3 * windowNs + 100)).toBe(1000n + 100n - BigInt(windowNs))
})

test('where the program tells what has arrived, events leave by that, however late a CPU is read', () => {
  const events = fc.array(fc.record({ ms: fc.nat(1500), delayMs: fc.nat(1500) }), { maxLength: 100 })
  fc.assert(
    fc.property(events, (events) => {
      const buffer = new Released('told')
      const released: ProbeEvent[] = []
      // Told is what the event that is furthest behind allows.
      const tellMs = (nowMs: number): number =>
        Math.min(nowMs, ...events.filter(({ ms, delayMs }) => ms + delayMs >= nowMs).map(({ ms }) => ms))
      for (let nowMs = 0; nowMs <= 3000; nowMs += 1) {
        for (const { ms } of events.filter((each) => each.ms + each.delayMs === nowMs)) {
          released.push(...buffer.push(at(BigInt(ms) * 1_000_000n), nowMs))
        }
        if (nowMs % 100 !== 0) continue
        buffer.own.arrive(timeOfMs(tellMs(nowMs)))
        released.push(...buffer.advance(nowMs))
      }
      released.push(...buffer.flush())
      expect(buffer.own.late).toBe(0)
      expect(times(released)).toEqual(events.map(({ ms }) => ms * 1e6).sort((a, b) => a - b))
    }),
    { numRuns: 30 },
  )
})

test('what is told releases what is before it by a little more than two CPUs can overtake each other', () => {
  const buffer = new Released('told')
  expect(buffer.push(at(5_000_000), 5)).toEqual([])
  expect(buffer.push(at(90_000_000), 90)).toEqual([])
  buffer.own.arrive([0, 100_000_000])
  expect(times(buffer.advance(100))).toEqual([5_000_000])
  buffer.own.arrive([0, 140_000_000])
  expect(times(buffer.advance(140))).toEqual([90_000_000])
})

test('a program that tells nothing any more is not waited for beyond ten seconds', () => {
  const buffer = new Released('told')
  buffer.push(at(1_000_000_000), 1000)
  expect(buffer.advance(10_999)).toEqual([])
  expect(buffer.advance(11_001)).toHaveLength(1)
})
