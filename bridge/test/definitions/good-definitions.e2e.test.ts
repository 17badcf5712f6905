// What would break: a key of a definition that real bpftrace does not take, or that gives other spans than the program
// itself tells of: functions, durations, points, keys of several parts, filters, names, links, events, errors, times.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Folder } from '../bridge-process.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import { tracedBy, WaitingProgram } from '../packs/traced-program.ts'
import { stockProgram } from '../packs/stock-programs.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const linked = { traceId: '1af7651916cd43dd8448eb211c80319c', spanId: 'c7ad6b7169203331' }
const rounds = 20
const [unset, errorCode] = [0, 2]
/** Of the kernel's clock against the program's. */
const toleranceNs = 100_000n
const { missing } = stockProgram('node')

type Told = { name: string; a: bigint; b: bigint; startNs: [bigint, bigint]; endNs: [bigint, bigint] }

describe.skipIf(missing)('a definition with every key', () => {
  const folder = new Folder()
  let spans: DecodedSpan[]
  let told: Told[]
  let said: string

  beforeAll(async () => {
    const program = join(folder.path, 'shapes')
    const flags = ['-O1', '-Wall', '-Wextra', '-Werror', '-Wno-format']
    execFileSync('cc', [...flags, '-o', program, path('shapes.c')], { stdio: 'pipe' })
    await using running = new WaitingProgram(program, [])
    await running.says('ready')
    const traced = await tracedBy(path('good/every-key.yaml'), running.pid, async () => {
      running.go()
      await running.ended
    })
    spans = traced.spans
    said = traced.said
    told = running.said.split('\n').flatMap((line) => toldOf(line) ?? [])
  })
  afterAll(() => folder[Symbol.dispose]())

  const spansOf = (name: RegExp): DecodedSpan[] => spans.filter((span) => name.test(span.name))
  const toldOfName = (name: string): Told[] => told.filter((each) => each.name === name)

  function expectTimes(seen: readonly DecodedSpan[], expected: readonly Told[]): void {
    expect(seen).toHaveLength(expected.length)
    for (const [at, span] of seen.entries()) {
      const { startNs, endNs } = expected[at]!
      expect(outside(span.startNs, startNs), `start of ${span.name}`).toBeLessThan(toleranceNs)
      expect(outside(span.endNs, endNs), `end of ${span.name}`).toBeLessThan(toleranceNs)
    }
  }

  test('pairs with a key of two parts, in another order at the end, filtered; enum, links, events, a parent, errors', () => {
    const seen = spansOf(/^request/)
    const requests = toldOfName('request')
    expect(requests).toHaveLength(rounds - 4)
    expectTimes(seen, requests)
    expect(seen.map(withoutTimes)).toEqual(
      requests.map(({ a: id, b: tenant }) => ({
        name: `request ${id} of ${tenant}`,
        kind: 2,
        parent,
        failed: id % 3n === 0n,
        message: id % 3n === 0n ? 'no stock "left"' : '',
        links: [linked],
        attributes: {
          id,
          tenant: String(tenant),
          mode: id % 3n === 0n ? 'read' : id % 3n === 1n ? 'write' : 2n,
          code: id % 3n === 0n ? 503n : 200n,
        },
        events: [{ name: 'tried again', attributes: { n: -id } }],
      })),
    )
    for (const [at, { startNs }] of toldOfName('retry').entries()) {
      expect(outside(seen[at]!.events[0]!.timeNs, startNs)).toBeLessThan(toleranceNs)
    }
    expect(seen[0]?.resource).toMatchObject({
      'service.name': 'shapes',
      'deployment.environment.name': 'test',
    })
  })

  test('calls of a function, and points, inside the request of their thread', () => {
    const requests = new Map(spansOf(/^request/).map((span) => [span.spanId, span.attributes.id]))
    const inside = (span: DecodedSpan): unknown => requests.get(span.parentSpanId)
    const calls = spansOf(/^call$/)
    expectTimes(calls, toldOfName('call'))
    const ids = toldOfName('call').map(({ a }) => a)
    expect(calls.map(({ attributes }) => [attributes.n, attributes.result])).toEqual(
      ids.map((id) => [id, -3n * id]),
    )
    const ticks = spansOf(/^tick$/)
    expectTimes(ticks, toldOfName('tick'))
    expect(ticks.every(({ startNs, endNs, kind }) => startNs === endNs && kind === 4)).toBe(true)
    const expected = ids.map((id) => (id % 5n === 0n ? undefined : id))
    expect(calls.map(inside)).toEqual(expected)
    expect(ticks.map(inside)).toEqual(expected)
  })

  test('an end that tells how long it took; times and numbers of the program’s own; a trace id made of the key', () => {
    const flushes = spansOf(/^flush$/)
    expectTimes(flushes, toldOfName('flush'))
    expect(flushes.map(({ startNs, endNs }) => endNs - startNs)).toEqual(
      toldOfName('flush').map(({ b }) => b),
    )
    const timed = spansOf(/^timed$/)
    const seen = timed.map(({ startNs, endNs, attributes: { n, ratio, number, odd } }) => {
      return { startNs, endNs, n, ratio: Number(ratio), number: Number(number), odd }
    })
    const expected = toldOfName('timed').map(({ a, startNs, endNs }) => {
      const [number, odd] = [Number(a), a % 2n === 1n]
      return { startNs: startNs[0], endNs: endNs[0], n: a, ratio: number / 4, number, odd }
    })
    expect(seen).toEqual(expected)
    expect(new Set(timed.map(({ traceId }) => traceId)).size).toBe(rounds)
  })

  test('starts that never end: ended by the next one as errors, the last by its process; or dropped', () => {
    const slots = spansOf(/^slot$/)
    expect(slots.map(({ attributes, statusCode }) => [attributes.n, statusCode])).toEqual(
      Array.from({ length: rounds }, (_, at) => [BigInt(at + 1), at === rounds - 1 ? unset : errorCode]),
    )
    expect(spansOf(/^lost/)).toEqual([])
    expect(said).toContain(`${2 * (rounds - 1)} superseded`)
  })
})

function withoutTimes(span: DecodedSpan): object {
  const { 'thread.id': _, ...attributes } = span.attributes
  return {
    name: span.name,
    kind: span.kind,
    parent: { traceId: span.traceId, spanId: span.parentSpanId },
    failed: span.statusCode === errorCode,
    message: span.statusMessage,
    links: span.links,
    attributes,
    events: span.events.map((event) => ({ name: event.name, attributes: event.attributes })),
  }
}

function toldOf(line: string): Told | undefined {
  const [name = '', ...numbers] = line.split(' ')
  if (numbers.length !== 6) return undefined
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = numbers.map(BigInt)
  return { name, a, b, startNs: [c, d], endNs: [e, f] }
}

/** How far a time lies outside of the interval in which it must lie. */
function outside(time: bigint, [before, after]: [bigint, bigint]): bigint {
  if (time < before) return before - time
  return time > after ? time - after : 0n
}
