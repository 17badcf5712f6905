// A path or glob to the files of that name. Bound: the first files, in the order of their names.
import { glob, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { BridgeError } from '../errors.ts'
import { fileIdentity } from './file-identity.ts'
import type { TargetFile } from './target.ts'

const filesMax = 200

/** Regular files only, each once where links lead to it. Rejects with BridgeError `config_invalid`. */
export async function executableFiles(pattern: string): Promise<TargetFile[]> {
  // A file whose name has a `*` or `[` in it is also one.
  const literal = await isFile(pattern)
  const paths = literal ? [pattern] : (await matches(pattern)).sort()
  const files = new Map<string, TargetFile>()
  for (const path of paths) {
    if (!literal && !(await isFile(path))) continue
    if (files.size === filesMax) throw tooMany(pattern)
    // Not by its real path: of one below /proc/PID/root that would be a path of this mount namespace.
    const identity = await fileIdentity(path)
    if (!files.has(identity)) files.set(identity, { path: resolve(path), readPath: resolve(path) })
  }
  if (files.size > 0) return [...files.values()]
  const theirs = `/proc/1/root${pattern}`
  const isBeside = pattern.startsWith('/') && (await matches(theirs)).length > 0
  throw new BridgeError(
    'config_invalid',
    isBeside
      ? `there is no file ${pattern} here, but in the container beside: give --exe (TARGET_EXE) '${theirs}'`
      : `there is no file ${pattern}: give --exe the path of a program or library, or a quoted glob such as '/usr/lib/postgresql/*/bin/postgres'`,
  )
}

async function matches(pattern: string): Promise<string[]> {
  const found: string[] = []
  // Of folders that a glob meets too; more than that is a glob over half a disk.
  for await (const path of glob(pattern)) {
    found.push(path)
    if (found.length > 10 * filesMax) throw tooMany(pattern)
  }
  return found
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  )
}

function tooMany(pattern: string): BridgeError {
  return new BridgeError(
    'config_invalid',
    `--exe ${pattern} stands for more than ${filesMax} files: narrow it`,
  )
}
