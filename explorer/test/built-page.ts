// Builds the page into dist/ where that is missing or older than what it is built from.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const room = new URL('../', import.meta.url).pathname
const sources = ['src', 'public', 'index.html', 'vite.config.ts', 'package.json', '../package-lock.json']

export async function buildPage(): Promise<void> {
  const built = join(room, 'dist/index.html')
  const builtMs = existsSync(built) ? (await stat(built)).mtimeMs : 0
  const changedMs = await Promise.all(sources.map((source) => newestMs(join(room, source))))
  if (builtMs > Math.max(...changedMs)) return
  const vite = join(room, '../node_modules/vite/bin/vite.js')
  // Under NODE_ENV=test, which Vitest sets, React's development build would go into the page.
  const env = { ...process.env, NODE_ENV: 'production' }
  await promisify(execFile)(process.execPath, [vite, 'build'], { cwd: room, env })
}

async function newestMs(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isDirectory()) return found.mtimeMs
  const entries = await readdir(path, { recursive: true })
  const times = await Promise.all(entries.map(async (entry) => (await stat(join(path, entry))).mtimeMs))
  return Math.max(found.mtimeMs, ...times)
}
