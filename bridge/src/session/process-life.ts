// Whether a process still runs: the same one, although its pid may have been given to another since.
import { readFileSync } from 'node:fs'

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
