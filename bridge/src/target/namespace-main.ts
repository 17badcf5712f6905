// PID 1 as the target where nobody named one: the main process of a pid namespace that the bridge shares with a
// container, told by name; or the error that says what to name, where PID 1 is no program that anyone would trace.
import { readFile, readlink } from 'node:fs/promises'
import { BridgeError } from '../errors.ts'
import type { TargetSelection } from './target.ts'

export type MainProcess = {
  /** As /proc/1/comm has it. */
  name: string
  /** Absent where /proc does not tell. */
  executable?: string
  /** Process 2 is the kernel's own: nobody's namespace but the machine's has it. */
  seesKernelThreads: boolean
}

export async function readMainProcess(): Promise<MainProcess> {
  const executable = await readlink('/proc/1/exe').catch(() => undefined)
  return {
    name: await nameOf(1),
    ...(executable !== undefined && { executable }),
    seesKernelThreads: (await nameOf(2)) === 'kthreadd',
  }
}

async function nameOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/comm`, 'utf8').then(
    (text) => text.trimEnd(),
    () => '',
  )
}

/** Programs that start and reap others, of containers too, and shells that wait: what they started is what is meant. */
const inits: ReadonlySet<string> = new Set([
  'systemd',
  'init',
  'tini',
  'docker-init',
  'podman-init',
  'catatonit',
  'dumb-init',
  's6-svscan',
  'runit',
  'runsvdir',
  'openrc-init',
  'supervisord',
  'sh',
  'dash',
  'bash',
  'ash',
  // Of a Kubernetes pod whose containers share their processes.
  'pause',
])

/** Whether it is a program that may be meant. */
export const isTraceable = ({ name, seesKernelThreads }: MainProcess): boolean =>
  !seesKernelThreads && !inits.has(name)

/** `words` say what is traced. Throws BridgeError `config_invalid`. */
export function unnamedTarget(main: MainProcess): { selection: TargetSelection; words: string } {
  const { name, executable, seesKernelThreads } = main
  const called = executable === undefined ? name : `${name}, ${executable}`
  if (isTraceable(main)) {
    const words = `no target given: tracing PID 1 of this pid namespace (${called}). ${remedy} names another`
    return { selection: { kind: 'pid', pid: 1 }, words }
  }
  const why = seesKernelThreads
    ? `PID 1 here is the machine's own first process (${called})`
    : `PID 1 of this pid namespace (${called}) only starts other programs`
  throw new BridgeError(
    'config_invalid',
    `no target given, and ${why}: name one with ${remedy}. "probespan probes --pid PID" lists a program's probes`,
  )
}

const remedy =
  '--pid PID (TARGET_PID), --exe PATH (TARGET_EXE), --container NAME (TARGET_CONTAINER), or target in the definition'
