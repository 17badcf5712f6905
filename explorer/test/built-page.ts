// Builds the page as it is now into a folder of its own: explorer/dist may be old, or be rebuilt meanwhile.
import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const room = new URL('../', import.meta.url).pathname

/** The folder, for the caller to remove. Takes about a second. */
export async function buildPage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'probespan-page-'))
  const vite = join(room, '../node_modules/vite/bin/vite.js')
  await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', folder], { cwd: room })
  return folder
}
