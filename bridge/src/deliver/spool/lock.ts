// Whose spool a folder is: the file `lock` names the process. The lock of a process that is gone is taken over: by pid
// and start time within one pid namespace; of a process that cannot be seen from here, by the file's age, because its
// holder touches it every two seconds.
import {
  linkSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { BridgeError } from '../../errors.ts'
import { errorCode } from '../error-code.ts'

const touchMs = 2000
/** Five touches missed. */
const silentMs = 10_000

const ownerShape = z.object({
  pid: z.number().int().positive(),
  /** In clock ticks since boot: a pid alone may be another process's by now. */
  started: z.string(),
  pidNamespace: z.string(),
  boot: z.string(),
})
type Owner = z.infer<typeof ownerShape>

export class SpoolLock {
  private readonly path: string
  private readonly touching: NodeJS.Timeout

  private constructor(path: string) {
    this.path = path
    this.touching = setInterval(() => touch(path), touchMs).unref()
  }

  /** Throws BridgeError `spool_unavailable` where another bridge has it. */
  static take(folder: string): SpoolLock {
    const path = join(folder, 'lock')
    const mine = `${path}.${process.pid}`
    writeFileSync(mine, JSON.stringify(thisProcess()))
    try {
      // A link is there whole or not at all, and fails where there is one already.
      for (let attempt = 0; attempt < 3; attempt += 1) {
        if (tryLink(mine, path)) return new SpoolLock(path)
        const written = readText(path)
        const owner = ownerIn(written)
        if (owner && isHeld(owner, path)) throw heldBy(owner, folder)
        removeStale(path, written)
      }
      throw new BridgeError('spool_unavailable', `the spool ${folder} is being taken by another bridge`)
    } finally {
      rmSync(mine, { force: true })
    }
  }

  release(): void {
    clearInterval(this.touching)
    rmSync(this.path, { force: true })
  }
}

function isHeld(owner: Owner, path: string): boolean {
  const here = thisProcess()
  if (owner.boot !== here.boot) return false
  if (owner.pidNamespace === here.pidNamespace) return startOf(owner.pid) === owner.started
  const touchedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return Date.now() - touchedMs < silentMs
}

/** By renaming: of two that take over at once, the second finds what it renamed to be the first one's, and puts it back. */
function removeStale(path: string, judged: string): void {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    throw error
  }
  if (readText(aside) !== judged) tryLink(aside, path)
  rmSync(aside, { force: true })
}

function heldBy({ pid, pidNamespace }: Owner, folder: string): BridgeError {
  const where = pidNamespace === thisProcess().pidNamespace ? '' : ' of another container'
  return new BridgeError(
    'spool_unavailable',
    `the spool ${folder} is used by process ${pid}${where}: give each bridge a folder of its own ` +
      '(--spool or PROBESPAN_SPOOL)',
  )
}

function thisProcess(): Owner {
  return {
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    pidNamespace: readLink('/proc/self/ns/pid'),
    boot: readText('/proc/sys/kernel/random/boot_id').trim(),
  }
}

/** Field 22 of /proc/PID/stat, counted behind the name, which may hold spaces. Undefined where there is no process. */
function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function ownerIn(text: string): Owner | undefined {
  try {
    return ownerShape.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function touch(path: string): void {
  try {
    const now = new Date()
    utimesSync(path, now, now)
  } catch {
    // The folder is gone: the next write says so.
  }
}
