// A pid to the files that its process runs, by paths that can be read from here: through the process's own root, and
// for a file that was removed or replaced since through the mapping itself.
import { access, readFile, readlink } from 'node:fs/promises'
import { targetGone } from '../bpftrace/failure.ts'
import { BridgeError } from '../errors.ts'
import { mappedFiles, type MappedFile } from './maps.ts'
import type { TargetFile } from './target.ts'

/**
 * The executable files that a process has mapped, its program first. Rejects with BridgeError: `target_gone` where
 * there is no such process, `not_permitted` where it belongs to someone else, `config_invalid` where it runs no file
 * at all (a thread of the kernel, a process that has ended and was not waited for).
 */
export async function processFiles(pid: number): Promise<TargetFile[]> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unreadable(pid, error.code ?? error.message)
  })
  const program = await readlink(`/proc/${pid}/exe`).catch(() => undefined)
  const files: TargetFile[] = []
  for (const file of mappedFiles(maps)) {
    const isProgram = program === (file.deleted ? `${file.path} (deleted)` : file.path)
    const found = { path: file.path, readPath: await readPathOf(pid, file, isProgram) }
    if (isProgram) files.unshift(found)
    else files.push(found)
  }
  if (files.length > 0) return files
  throw new BridgeError(
    'config_invalid',
    `process ${pid} runs no executable file (a thread of the kernel, or a process that has ended): give the pid of a program`,
  )
}

async function readPathOf(pid: number, file: MappedFile, isProgram: boolean): Promise<string> {
  const inRoot = `/proc/${pid}/root${file.path}`
  // The path may also lead nowhere without the mark: the process changed its root after it was started.
  if (!file.deleted && (await exists(inRoot))) return inRoot
  // Both lead to the very file that runs. map_files needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN, exe does not.
  return isProgram ? `/proc/${pid}/exe` : `/proc/${pid}/map_files/${file.range}`
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'EACCES',
  )
}

function unreadable(pid: number, code: string): BridgeError {
  if (code === 'ENOENT' || code === 'ESRCH') return targetGone(pid)
  return new BridgeError(
    'not_permitted',
    `cannot look into process ${pid} (/proc/${pid}/maps: ${code}): run as root (in a container: with CAP_SYS_PTRACE and the pid namespace of the process), or as that process's user`,
  )
}
