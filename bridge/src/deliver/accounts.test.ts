// What would break: a span that vanishes without being counted, or is counted twice, when attempts fail in any order,
// with a spool or without one, across runs of the bridge. The transport is steered; the spool is on a real disk.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Folder } from '../../test/bridge-process.ts'
import { away, refused, SteeredTransport, spanNamed, taken } from '../../test/steered-transport.ts'
import { Delivery, type DeliveryCounts } from './delivery.ts'
import { Spool } from './spool/spool.ts'
import type { Outcome } from './transport.ts'

const outcome: fc.Arbitrary<Outcome | 'lost answer'> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(taken) },
  { weight: 4, arbitrary: fc.constant(away) },
  { weight: 1, arbitrary: fc.constant(refused) },
  { weight: 1, arbitrary: fc.constant('lost answer' as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('taken' as const),
      rejectedSpans: fc.integer({ min: 1, max: 3 }),
      remark: fc.constant(''),
    }),
  },
)
/** Spans pushed one after the other, then a wait of some milliseconds. */
const bursts = fc.array(fc.record({ spans: fc.nat(12), waitMs: fc.integer({ min: 0, max: 2 }) }), {
  maxLength: 8,
})
const run = fc.record({ outcomes: fc.array(outcome, { maxLength: 20 }), bursts, closesInOrder: fc.boolean() })

const oneByOne = { spansMax: 1, delayMs: 1, quietDelayMs: 1, bytesMax: 100_000 }

const settledOf = (counts: DeliveryCounts): number =>
  counts.exported +
  counts.refused +
  counts.partlyRejected +
  counts.droppedQueueFull +
  counts.droppedSpoolFull +
  counts.droppedDamaged +
  counts.droppedOversized +
  counts.droppedAtEnd

test.each([
  { name: 'without a spool', spoolBytesMax: 0 },
  { name: 'with a roomy spool', spoolBytesMax: 1_000_000 },
  { name: 'with a spool that overflows', spoolBytesMax: 3000 },
])('$name, the account closes at any time, and nothing overtakes', async ({ spoolBytesMax }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 3 }), async (runs) => {
      using folder = new Folder()
      const arrived: number[] = []
      let next = 0
      let lostAnswers = 0
      const open: string[] = []
      for (const { outcomes, bursts, closesInOrder } of runs) {
        const spool = spoolBytesMax > 0 ? Spool.open(folder.path, spoolBytesMax) : undefined
        const transport = new SteeredTransport()
        let pushed = spool?.spans ?? 0
        let at = 0
        transport.answer = (names) => {
          const planned = outcomes[at++] ?? (closesInOrder ? taken : away)
          if (planned === 'lost answer') lostAnswers += 1
          if (planned === 'lost answer' || planned.kind === 'taken') arrived.push(...names.map(Number))
          return planned === 'lost answer' ? away : planned
        }
        const delivery = new Delivery(
          transport,
          { onOutcome: () => check(), onSpoolError: (reason) => void open.push(reason) },
          {
            batches: { spansMax: 3, delayMs: 1, quietDelayMs: 1, bytesMax: 100_000 },
            queue: { spansMax: 30, bytesMax: 100_000 },
            spill: { spansMax: 10, bytesMax: 100_000 },
            retry: { firstMs: 0.1, maxMs: 1 },
            ...(spool && { spool }),
          },
        )
        const check = (): void => {
          const accounted = settledOf(delivery.counts) + delivery.pending
          if (accounted !== pushed) open.push(`${accounted} of ${pushed}`)
        }
        for (const burst of bursts) {
          for (let index = 0; index < burst.spans; index += 1) {
            // Counted before: the push may already send it.
            pushed += 1
            delivery.push(spanNamed(String(next++)))
          }
          check()
          await sleep(burst.waitMs)
          check()
        }
        await delivery.close(closesInOrder ? 1000 : 5)
        check()
        expect(delivery.state.queuedSpans).toBe(0)
      }
      expect(open).toEqual([])
      // In order, but for what was sent once more because its answer was lost.
      const firsts = [...new Set(arrived)]
      expect(firsts).toEqual(firsts.toSorted((a, b) => a - b))
      expect(arrived.length - firsts.length).toBeLessThanOrEqual(3 * lostAnswers)
    }),
    { numRuns: 40 },
  )
})

test('with a spool nothing is dropped at the end: the next run sends it', async () => {
  using folder = new Folder()
  const events = { onOutcome: () => undefined, onSpoolError: () => undefined }
  const deaf = new SteeredTransport()
  deaf.answer = () => away
  const first = new Delivery(deaf, events, { spool: Spool.open(folder.path, 1_000_000) })
  for (const name of ['a', 'b', 'c']) first.push(spanNamed(name))
  await first.close(1000)
  expect(first.counts).toMatchObject({ exported: 0, droppedAtEnd: 0 })
  expect(first.pending).toBe(3)

  const open = new SteeredTransport()
  open.answer = () => taken
  const second = new Delivery(open, events, { spool: Spool.open(folder.path, 1_000_000) })
  second.push(spanNamed('d'))
  await second.close(1000)
  expect(open.attempts.map((each) => each.names)).toEqual([['a', 'b', 'c'], ['d']])
  expect(second.counts).toMatchObject({ recovered: 3, exported: 4 })
})

test('what is under way when the bridge is killed is on disk, if anything behind it is', async () => {
  using folder = new Folder()
  const hanging = new SteeredTransport()
  const spool = Spool.open(folder.path, 1_000_000)
  const delivery = new Delivery(
    hanging,
    { onOutcome: () => undefined, onSpoolError: () => undefined },
    {
      spool,
      batches: oneByOne,
      spill: { spansMax: 2, bytesMax: 100_000 },
    },
  )
  for (const name of ['a', 'b', 'c', 'd']) delivery.push(spanNamed(name))
  expect(spool.spans).toBe(4)
  hanging.attempts[0]?.end(taken)
  await expect.poll(() => hanging.attempts[1]?.names).toEqual(['b'])
  expect(spool.spans).toBe(3)
})

test('once an attempt has failed, whatever comes is on disk at once, and none of it is ahead of what waits', async () => {
  using folder = new Folder()
  const transport = new SteeredTransport()
  const spool = Spool.open(folder.path, 1_000_000)
  const delivery = new Delivery(
    transport,
    { onOutcome: () => undefined, onSpoolError: () => undefined },
    { spool, batches: oneByOne },
  )
  delivery.push(spanNamed('0'))
  transport.attempts[0]?.end(away)
  await expect.poll(() => delivery.state).toMatchObject({ queuedSpans: 0, spooledSpans: 1 })
  for (const name of ['1', '2', '3']) {
    delivery.push(spanNamed(name))
    expect(delivery.state).toMatchObject({ queuedSpans: 0, spooledSpans: Number(name) + 1 })
  }
})

test('what waits in memory, because the spool cannot be written, is behind what it holds', async () => {
  using folder = new Folder()
  const events = { onOutcome: () => undefined, onSpoolError: () => undefined }
  const deaf = new SteeredTransport()
  deaf.answer = () => away
  const first = new Delivery(deaf, events, { spool: Spool.open(folder.path, 1_000_000), batches: oneByOne })
  for (const name of ['0', '1', '2']) first.push(spanNamed(name))
  await first.close(1000)

  const spool = Spool.open(folder.path, 1_000_000)
  mkdirSync(join(folder.path, '000000000002.segment'))
  const transport = new SteeredTransport()
  transport.answer = () => taken
  const second = new Delivery(transport, events, { spool, batches: oneByOne })
  for (const name of ['3', '4']) second.push(spanNamed(name))
  await second.close(1000)
  expect(transport.attempts.map((each) => each.names[0])).toEqual(['0', '1', '2', '3', '4'])
})

test('where the spool cannot be written, spans wait in memory, bounded, and are sent in their turn', async () => {
  using folder = new Folder()
  const transport = new SteeredTransport()
  transport.answer = () => away
  const spool = Spool.open(folder.path, 1_000_000)
  // Stands where the first segment will be wanted.
  const obstacle = join(folder.path, '000000000001.segment')
  mkdirSync(obstacle)
  const reasons: string[] = []
  const delivery = new Delivery(
    transport,
    { onOutcome: () => undefined, onSpoolError: (reason) => void reasons.push(reason) },
    {
      spool,
      batches: oneByOne,
      queue: { spansMax: 10, bytesMax: 100_000 },
      retry: { firstMs: 1, maxMs: 1 },
    },
  )
  for (let name = 0; name < 30; name += 1) delivery.push(spanNamed(String(name)))
  await expect.poll(() => reasons[0]).toMatch(/EEXIST/)
  expect(delivery.state).toMatchObject({ spooledSpans: 0, spooledBytes: 0 })
  expect(delivery.pending).toBeLessThanOrEqual(11)
  transport.answer = () => taken
  await delivery.close(1000)
  const names = transport.attempts.map((each) => Number(each.names[0]))
  expect(names.at(-1)).toBe(29)
  expect(delivery.counts.exported + delivery.counts.droppedQueueFull).toBe(30)
  expect(delivery.counts).toMatchObject({ droppedAtEnd: 0, droppedSpoolFull: 0, droppedDamaged: 0 })
})
