// A pipe for bpftrace's stdout. Node gives its children sockets instead of pipes: each line that bpftrace writes takes
// 768 bytes of a socket's buffer whatever its length, so that 277 lines fill it. A FIFO takes 64 KiB, some 800 lines,
// and a write to it costs half.
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  createWriteStream,
  mkdtempSync,
  openSync,
  rmSync,
  type WriteStream,
} from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type StdoutPipe = {
  /** For the child; to be destroyed here once the child has it, or `readable` never ends. */
  writable: WriteStream
  readable: Socket
}

/** Undefined where there is no `mkfifo`, or no place for one: Node's own way then has to do. */
export function openStdoutPipe(): StdoutPipe | undefined {
  let folder: string | undefined
  let readFd: number | undefined
  try {
    folder = mkdtempSync(join(tmpdir(), 'probespan-'))
    const path = join(folder, 'stdout')
    execFileSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' })
    // Reading first, and without waiting for a writer: each end waits for the other to be opened.
    readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const writeFd = openSync(path, constants.O_WRONLY)
    return {
      writable: createWriteStream(path, { fd: writeFd }),
      readable: new Socket({ fd: readFd, readable: true, writable: false }),
    }
  } catch {
    if (readFd !== undefined) closeSync(readFd)
    return undefined
  } finally {
    // Both ends are open, or it is not used: the name is not needed any more.
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
}
