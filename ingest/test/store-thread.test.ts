// A thread of the store that fails takes the process with it, and says so: nobody waits for answers that cannot come.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from './running.ts'

const threadModule = new URL('../src/store/sqlite/thread.ts', import.meta.url).href

test.each([
  { what: 'throws', code: "throw new Error('the disk caught fire')", words: /the disk caught fire/ },
  { what: 'ends by itself', code: 'process.exit(0)', words: /ended \(0\)/ },
])('a thread that $what ends the process with words and not with 0', ({ code, words }) => {
  const folder = temporaryFolder()
  const thread = join(folder, 'thread.mjs')
  writeFileSync(thread, code)
  const starter = join(folder, 'starter.mjs')
  writeFileSync(
    starter,
    `import { startThread } from '${threadModule}'
     startThread('file://${thread}', 'writes the store', {})
     setInterval(() => {}, 1000)`,
  )
  const { status, stderr } = spawnSync(process.execPath, [starter], { encoding: 'utf8', timeout: 30_000 })
  expect(status).toBe(1)
  expect(stderr).toMatch(/the thread that writes the store .*and the service with it: restart it/)
  expect(stderr).toMatch(words)
})
