// What would break: a probe fired with an argument of the wrong type (garbage in every trace), or a clock off the wall.
import { beforeAll, expect, test } from 'vitest'
import { loadAddon, programClock } from '../src/addon.ts'
import type { Addon } from '../src/addon.ts'
import { buildAddon } from '../src/build-addon.ts'

let addon: Addon

beforeAll(async () => {
  await buildAddon()
  addon = loadAddon()
})

const good: Record<
  Exclude<keyof Addon, 'realtimeOffsetNs'>,
  readonly [argument: string, value: unknown][]
> = {
  requestStart: [
    ['reqid', 'req-1'],
    ['unix_ns', 1n],
    ['traceparent', ''],
    ['method', 'GET'],
  ],
  requestEnd: [
    ['reqid', 'req-1'],
    ['start_unix_ns', 2n ** 64n - 1n],
    ['duration_ns', 0n],
    ['status', 499],
    ['route', '/'],
  ],
  queryStart: [
    ['reqid', 'req-1'],
    ['unix_ns', 1n],
    ['statement', 'ü'.repeat(10_000)],
  ],
  queryEnd: [
    ['reqid', 'req-1'],
    ['start_unix_ns', 1n],
    ['duration_ns', 1n],
    ['rows', -1n],
  ],
  paymentStart: [
    ['reqid', 'req-1'],
    ['unix_ns', 1n],
    ['provider', 'acme-pay'],
    ['amount_cents', 1_250n],
  ],
  paymentEnd: [
    ['reqid', 'req-1'],
    ['start_unix_ns', 1n],
    ['duration_ns', 1n],
    ['approved', true],
  ],
}

/** Values that are wrong for an argument of the good value's type. */
function wrongFor(value: unknown): unknown[] {
  const ofAnyType = [undefined, null, {}, Symbol('wrong')]
  if (typeof value === 'string') return [...ofAnyType, 1, 1n]
  if (typeof value === 'bigint') return [...ofAnyType, 1, '1', 2n ** 64n, -(2n ** 63n) - 1n]
  if (typeof value === 'number') return [...ofAnyType, '200', 200n, 200.5, Number.NaN, 2 ** 31]
  return [...ofAnyType, 1, 'true']
}

test.each(Object.entries(good))('%s fires with good arguments and names each wrong one', (name, args) => {
  const fire = (values: unknown[]): unknown => Reflect.apply(Reflect.get(addon, name), undefined, values)
  const values = args.map(([, value]) => value)
  expect(fire(values)).toBeUndefined()
  for (const [index, [argument, value]] of args.entries())
    for (const wrong of wrongFor(value)) {
      const call = (): unknown => fire(values.with(index, wrong))
      expect(call, `${argument} = ${String(wrong)}`).toThrow(TypeError)
      expect(call).toThrow(new RegExp(`^${argument} must be `))
    }
  expect(() => fire(values.slice(0, -1))).toThrow(`${args.at(-1)?.[0]} must be `)
})

test('times are unsigned: a negative one is refused, a negative row count is not', () => {
  expect(() => addon.requestStart('req-1', -1n, '', 'GET')).toThrow(
    'unix_ns must be a BigInt from 0 to 2^64 - 1',
  )
  expect(() => addon.queryEnd('req-1', 1n, 1n, -(2n ** 63n))).not.toThrow()
})

test('the program clock is the wall clock, and its offset never changes', () => {
  const clock = programClock(addon)
  const offsetNs = addon.realtimeOffsetNs()
  const beforeMs = Date.now()
  const nowMs = Number(clock() / 1_000_000n)
  // The wall clock may be slewed between load and now; 50 ms is far beyond that in a test's lifetime.
  expect(nowMs).toBeGreaterThanOrEqual(beforeMs - 50)
  expect(nowMs).toBeLessThanOrEqual(Date.now() + 50)
  expect(addon.realtimeOffsetNs()).toBe(offsetNs)
  const times = Array.from({ length: 1_000 }, clock)
  expect(times.every((time, index) => index === 0 || time >= times[index - 1]!)).toBe(true)
})
