// An answer waits for the disk: for fdatasync of the write-ahead log, held back here by hand.
import { spawnSync } from 'node:child_process'
import { readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import type * as Fs from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { queueBytesMax } from '../src/limits.ts'
import { LogFlush } from '../src/store/sqlite/log-flush.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { batchOf, hexId } from './sample.ts'
import { temporaryFolder } from './running.ts'

const { flushes } = vi.hoisted(() => {
  const flushes: { file: string; release: () => void }[] = []
  return { flushes }
})

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>()
  return {
    ...fs,
    fdatasync(fd: number, callback: () => void) {
      const file = readlinkSync(`/proc/self/fd/${fd}`)
      flushes.push({ file, release: () => fs.fdatasync(fd, callback) })
    },
  }
})

beforeEach(() => (flushes.length = 0))

const batch = (id: number) => batchOf([{ traceId: hexId(id, 32), spanId: hexId(1, 16) }])
const flushed = async (at: number) => vi.waitFor(() => expect(flushes.length).toBeGreaterThan(at))

/** Names those that are settled, in order. */
function watch(promises: Record<string, Promise<unknown>>): string[] {
  const settled: string[] = []
  for (const [name, promise] of Object.entries(promises)) void promise.then(() => settled.push(name))
  return settled
}

test('an append is answered when the log that its commit is in was flushed, not before', async () => {
  const path = join(temporaryFolder(), 'probespan.db')
  const store = openSqliteStore(path, queueBytesMax)
  const settled = watch({ first: store.append(batch(1)) })
  await flushed(0)
  expect(flushes[0]?.file).toBe(`${path}-wal`)
  // It is stored, and can be read: but it could still be lost.
  expect(await store.blockAfter(0)).toMatchObject({ spanCount: 1 })
  expect(settled).toEqual([])
  const second = store.append(batch(2))
  await vi.waitFor(async () => expect(await store.blockAfter(1)).toMatchObject({ spanCount: 1 }))
  expect(flushes).toHaveLength(1)
  flushes[0]?.release()
  await flushed(1)
  expect(settled).toEqual(['first'])
  flushes[1]?.release()
  await second
  await store.close()
})

test('those who come while the disk is busy share the next flush', async () => {
  const path = join(temporaryFolder(), 'some.db')
  writeFileSync(path, '')
  writeFileSync(`${path}-wal`, 'log')
  const log = new LogFlush(path)
  const settled = watch({ one: log.flushed() })
  const later = watch({ two: log.flushed(), three: log.flushed() })
  flushes[0]?.release()
  await flushed(1)
  expect([settled, later]).toEqual([['one'], []])
  const last = watch({ four: log.flushed() })
  flushes[1]?.release()
  await flushed(2)
  expect([later, last]).toEqual([['two', 'three'], []])
  flushes[2]?.release()
  await log.close()
  expect(last).toEqual(['four'])
  expect(flushes).toHaveLength(3)
})

test('a disk that fails to keep what was written ends the process, with words', () => {
  const path = join(temporaryFolder(), 'some.db')
  writeFileSync(path, '')
  // It can be opened, and refuses to be flushed.
  symlinkSync('/dev/null', `${path}-wal`)
  const module = new URL('../src/store/sqlite/log-flush.ts', import.meta.url).href
  const code = `import { LogFlush } from '${module}'
    await new LogFlush('${path}').flushed().catch(() => {})
    console.log('went on')`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect(stderr).toMatch(/the disk of .*some\.db failed to keep what was written \(EINVAL.*see to the disk/)
  expect(status).toBe(1)
  expect(stdout).toBe('')
})
