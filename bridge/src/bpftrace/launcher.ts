// What bpftrace is started by, so that it does not outlive a bridge that is killed with -9: util-linux's setpriv has the
// kernel send a signal at the death of the parent, and then becomes bpftrace, with the same pid. Without it bpftrace
// ends by SIGPIPE when it next prints.
import { execa } from 'execa'

const deathSignal = ['setpriv', '--pdeathsig', 'TERM'] as const
const answerTimeoutMs = 5000

/** The command before bpftrace's own, or none where there is no such setpriv (BusyBox has another). */
export async function deathSignalLauncher(): Promise<readonly string[]> {
  const [program, ...args] = deathSignal
  const options = { reject: false, stdin: 'ignore', timeout: answerTimeoutMs } as const
  const { exitCode } = await execa(program, [...args, 'true'], options)
  return exitCode === 0 ? deathSignal : []
}
