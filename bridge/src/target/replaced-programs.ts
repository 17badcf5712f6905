// Files to those that stood at their paths before and are still run: a program that was replaced lives on in the
// processes that had been started. Source: /proc. Bound: the processes of this pid namespace.
import { readdir, readlink } from 'node:fs/promises'
import { fileIdentity } from './file-identity.ts'
import type { TargetFile } from './target.ts'

/** Beyond it the others are not seen; each is a version of its own. */
const replacedMax = 50

export async function replacedPrograms(files: readonly TargetFile[]): Promise<TargetFile[]> {
  const paths = new Set(files.map(({ readPath }) => readPath))
  const own = await readlink('/proc/self/ns/mnt')
  const found = new Map<string, TargetFile>()
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const program = await linkOf(`/proc/${pid}/exe`)
    const path = program?.endsWith(' (deleted)') === true ? program.slice(0, -' (deleted)'.length) : undefined
    if (path === undefined || !paths.has(path) || found.size === replacedMax) continue
    // In another mount namespace the same path is another file.
    if ((await linkOf(`/proc/${pid}/ns/mnt`)) !== own) continue
    const readPath = `/proc/${pid}/exe`
    found.set(await fileIdentity(readPath), { path, readPath })
  }
  return [...found.values()]
}

async function linkOf(path: string): Promise<string | undefined> {
  return readlink(path).catch(() => undefined)
}
