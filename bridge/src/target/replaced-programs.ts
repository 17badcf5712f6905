// Files to those that stood at their paths before and are still run: a program that was replaced lives on in the
// processes that had been started. Source: /proc. Bound: the processes of this pid namespace.
import { readdirSync, readlinkSync } from 'node:fs'
import { fileIdentity } from './file-identity.ts'
import type { TargetFile } from './target.ts'

/** Beyond it the others are not seen; each is a version of its own. */
const replacedMax = 50
/** What the kernel appends to the path of a file that is gone from it. */
const deletedMark = ' (deleted)'

export async function replacedPrograms(files: readonly TargetFile[]): Promise<TargetFile[]> {
  const paths = new Set(files.map(({ readPath }) => readPath))
  const own = linkOf('/proc/self/ns/mnt')
  const found = new Map<string, TargetFile>()
  // At once: of hundreds of processes a few milliseconds, which to wait for each would make many.
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const program = linkOf(`/proc/${pid}/exe`)
    const path = program?.endsWith(deletedMark) === true ? program.slice(0, -deletedMark.length) : undefined
    if (path === undefined || !paths.has(path) || found.size === replacedMax) continue
    // In another mount namespace the same path is another file.
    if (linkOf(`/proc/${pid}/ns/mnt`) !== own) continue
    const readPath = `/proc/${pid}/exe`
    found.set(await fileIdentity(readPath), { path, readPath })
  }
  return [...found.values()]
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
