// What would break: spans that are lost, doubled or out of order across a bridge that was killed, a spool that grows
// without bound, or two bridges that write over each other. Real files in a folder of the test's own.
import { readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Folder } from '../../../test/bridge-process.ts'
import { BridgeError } from '../../errors.ts'
import type { EncodedBatch } from '../encoded-batch.ts'
import { Spool } from './spool.ts'

const headerBytes = 16
const roomy = 1_000_000

/** Batch number `id` of `spanCount` spans; its bytes hold nothing but the number. */
function batchOf(id: number, spanCount = 1, bytes = 100): EncodedBatch {
  return { bytes: Buffer.alloc(bytes, `${id} `), spanCount }
}
const idOf = (batch: EncodedBatch | undefined): number | undefined =>
  batch && Number.parseInt(batch.bytes.toString('latin1'), 10)

/** As kill -9 does: nothing is closed, and the lock stays. Here its process, this one, still lives. */
function reopenAfterKill(folder: string, bytesMax = roomy): Spool {
  writeFileSync(join(folder, 'lock'), '')
  return Spool.open(folder, bytesMax)
}

function drain(spool: Spool): number[] {
  const ids: number[] = []
  for (let taken = spool.take(); taken; taken = spool.take()) {
    ids.push(idOf(taken.batch) ?? Number.NaN)
    spool.settle()
  }
  return ids
}

const segmentFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => join(folder, name))
const bytesOnDisk = (folder: string): number =>
  segmentFiles(folder).reduce((sum, file) => sum + statSync(file).size, 0)

test('what is appended comes out in order, byte by byte, and leaves nothing behind', () => {
  using folder = new Folder()
  const spool = Spool.open(folder.path, roomy)
  for (let id = 0; id < 50; id += 1) spool.append(batchOf(id, 3))
  expect([spool.spans, spool.isEmpty]).toEqual([150, false])
  const taken = spool.take()
  expect(taken?.batch).toEqual(batchOf(0, 3))
  spool.release()
  expect(drain(spool)).toEqual(Array.from({ length: 50 }, (_, id) => id))
  expect([spool.spans, spool.bytes, spool.isEmpty]).toEqual([0, 0, true])
  expect(segmentFiles(folder.path)).toEqual([])
  spool.close()
  expect(readdirSync(folder.path)).toEqual(['cursor'])
})

test('a bridge that is killed loses nothing that was appended, and sends nothing twice that was settled', () => {
  using folder = new Folder()
  const first = Spool.open(folder.path, roomy)
  for (let id = 0; id < 10; id += 1) first.append(batchOf(id, 2))
  for (let id = 0; id < 4; id += 1) {
    first.take()
    first.settle()
  }
  // Under way when it is killed: nobody knows whether it arrived.
  expect(idOf(first.take()?.batch)).toBe(4)
  const second = reopenAfterKill(folder.path)
  expect(second.counts).toMatchObject({ recovered: 12, tornRecords: 0 })
  second.append(batchOf(10, 2))
  expect(drain(second)).toEqual([4, 5, 6, 7, 8, 9, 10])
})

test.each([1, headerBytes - 1, headerBytes, headerBytes + 50, headerBytes + 99])(
  'a last record of which only %i bytes were written is dropped and counted; the others are whole',
  (written) => {
    using folder = new Folder()
    const first = Spool.open(folder.path, roomy)
    for (const id of [0, 1, 2]) first.append(batchOf(id))
    const [file = ''] = segmentFiles(folder.path)
    truncateSync(file, 2 * (headerBytes + 100) + written)
    const second = reopenAfterKill(folder.path)
    expect(second.counts).toMatchObject({ recovered: 2, tornRecords: 1 })
    second.append(batchOf(3))
    // It was cut off: the next start does not count it again.
    const third = reopenAfterKill(folder.path)
    expect(third.counts).toMatchObject({ recovered: 3, tornRecords: 0 })
    expect(drain(third)).toEqual([0, 1, 3])
  },
)

test.each(['while the bridge runs', 'and the next start finds it'])(
  'a record whose bytes change on the disk is dropped; those behind it are not: %s',
  (when) => {
    using folder = new Folder()
    const first = Spool.open(folder.path, roomy)
    for (const id of [0, 1, 2]) first.append(batchOf(id))
    const [file = ''] = segmentFiles(folder.path)
    const bytes = readFileSync(file)
    bytes[headerBytes + 100 + headerBytes + 7] = 0xff
    writeFileSync(file, bytes)
    const spool = when.startsWith('and') ? reopenAfterKill(folder.path) : first
    expect(drain(spool)).toEqual([0, 2])
    expect(spool.counts.damaged + spool.counts.tornRecords).toBe(1)
    expect(spool.spans).toBe(0)
  },
)

test('a segment that somebody else removed is given up, counted', () => {
  using folder = new Folder()
  const spool = Spool.open(folder.path, roomy)
  spool.append(batchOf(0, 5))
  writeFileSync(segmentFiles(folder.path)[0] ?? '', '')
  expect(spool.take()).toBeUndefined()
  expect([spool.counts.damaged, spool.spans]).toEqual([5, 0])
})

test('beyond its size the oldest go, counted; what is under way is counted once it is known', () => {
  using folder = new Folder()
  const bytesMax = 8 * 3 * (headerBytes + 100)
  const spool = Spool.open(folder.path, bytesMax)
  for (let id = 0; id < 24; id += 1) spool.append(batchOf(id))
  expect(idOf(spool.take()?.batch)).toBe(0)
  spool.append(batchOf(24))
  expect(spool.counts.overflowed).toBe(2)
  expect(spool.spans).toBe(23)
  spool.release()
  expect([spool.counts.overflowed, spool.spans]).toEqual([3, 22])
  for (let id = 25; id < 100; id += 1) {
    spool.append(batchOf(id))
    expect(bytesOnDisk(folder.path)).toBeLessThanOrEqual(bytesMax)
  }
  const rest = drain(spool)
  expect(rest).toEqual(Array.from({ length: rest.length }, (_, index) => 100 - rest.length + index))
  expect(spool.counts.overflowed + rest.length).toBe(100)
})

type Step = { kind: 'append'; spans: number; bytes: number } | { kind: 'send' | 'fail' | 'kill' | 'restart' }
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      spans: fc.integer({ min: 1, max: 9 }),
      bytes: fc.integer({ min: 1, max: 400 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('send' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('fail', 'kill', 'restart') }) },
)

test('whatever happens: each batch is sent once, in order, or its spans are counted as overflowed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      using folder = new Folder()
      const bytesMax = 4000
      let spool = Spool.open(folder.path, bytesMax)
      const spansOf: number[] = []
      const sent: number[] = []
      let overflowedBefore = 0
      const sum = (ids: number[]): number => ids.reduce((total, id) => total + (spansOf[id] ?? 0), 0)
      for (const each of steps) {
        if (each.kind === 'append') {
          spool.append(batchOf(spansOf.length, each.spans, each.bytes + 4))
          spansOf.push(each.spans)
        } else if (each.kind === 'send') {
          const taken = spool.take()
          if (taken) sent.push(idOf(taken.batch) ?? Number.NaN)
          spool.settle()
        } else if (each.kind === 'fail') {
          spool.take()
          spool.release()
        } else {
          overflowedBefore += spool.counts.overflowed
          if (each.kind === 'restart') spool.close()
          spool =
            each.kind === 'kill' ? reopenAfterKill(folder.path, bytesMax) : Spool.open(folder.path, bytesMax)
        }
        expect(sum(spansOf.map((_, id) => id))).toBe(
          sum(sent) + overflowedBefore + spool.counts.overflowed + spool.spans,
        )
        expect(bytesOnDisk(folder.path)).toBe(spool.bytes)
        expect(spool.bytes).toBeLessThanOrEqual(bytesMax)
      }
      sent.push(...drain(spool))
      expect(sent).toEqual([...new Set(sent)].sort((a, b) => a - b))
      expect(sum(spansOf.map((_, id) => id))).toBe(sum(sent) + overflowedBefore + spool.counts.overflowed)
      spool.close()
    }),
    { numRuns: 150 },
  )
})

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'spool_unavailable') return error.message
    throw error
  }
  return ''
}

test('a second bridge on the same folder is told so, and disturbs nothing', () => {
  using folder = new Folder()
  const spool = Spool.open(folder.path, roomy)
  spool.append(batchOf(0))
  expect(refusal(() => Spool.open(folder.path, roomy))).toMatch(
    new RegExp(`is used by process ${process.pid}: give each bridge a folder of its own \\(--spool`),
  )
  expect(drain(spool)).toEqual([0])
  spool.close()
  Spool.open(folder.path, roomy).close()
})

test('the lock of a bridge that is gone is taken over', () => {
  using folder = new Folder()
  const lock = join(folder.path, 'lock')
  Spool.open(folder.path, roomy)
  const mine = JSON.parse(readFileSync(lock, 'utf8')) as Record<string, unknown>
  const owners = [
    { ...mine, pid: 4_194_303 },
    // The pid was given to another process since, or the machine has started again.
    { ...mine, started: '1' },
    { ...mine, boot: 'another' },
  ]
  for (const owner of owners) {
    writeFileSync(lock, JSON.stringify(owner))
    expect(refusal(() => Spool.open(folder.path, roomy).close())).toBe('')
  }
})

test('of a bridge in another container only a lock that was not touched for ten seconds is taken over', () => {
  using folder = new Folder()
  const lock = join(folder.path, 'lock')
  Spool.open(folder.path, roomy)
  const mine = JSON.parse(readFileSync(lock, 'utf8')) as Record<string, unknown>
  writeFileSync(lock, JSON.stringify({ ...mine, pid: 1, pidNamespace: 'pid:[1]' }))
  expect(refusal(() => Spool.open(folder.path, roomy))).toMatch(/process 1 of another container/)
  const old = new Date(Date.now() - 11_000)
  utimesSync(lock, old, old)
  expect(refusal(() => Spool.open(folder.path, roomy).close())).toBe('')
})

test('a folder that cannot be one: what happened, and what to do', () => {
  using folder = new Folder()
  const file = folder.write('file', '')
  expect(refusal(() => Spool.open(join(file, 'spool'), roomy))).toMatch(/ENOTDIR.*--spool.*"off"/)
})
