// Whether a process still runs: the same one, although its pid may have been given to another since; and the same
// program, although it may have become another.
import { readFileSync, statSync } from 'node:fs'

/** The kernel counts a process's start in hundredths of a second since boot (USER_HZ). */
const tickNs = 10_000_000n

/** When the process was started, in the kernel's ticks since boot. Undefined: it has ended, if ever there was one. */
export function startOfProcess(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // Behind the name, which may hold anything: the state is the third field of proc_pid_stat(5), the start the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return /[ZXx]/.test(fields[0] ?? '') ? undefined : fields[19]
}

/** A start in the kernel's boot time, rounded down. */
export const bootNsOfStart = (start: string): bigint => BigInt(start) * tickNs

/** The file that a process runs. Undefined where that cannot be told, as of another user's process. */
export function programOfProcess(pid: number): string | undefined {
  try {
    const { dev, ino } = statSync(`/proc/${pid}/exe`)
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}
