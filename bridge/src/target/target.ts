// What can be selected as the bridge's target, and what is found for it. The types of this folder's front
// (`select.ts`), and the flags that say what is wanted.
import { BridgeError } from '../errors.ts'

export type TargetSelection = (
  | { kind: 'pid'; pid: number }
  /** A path, or a glob of paths, of programs or libraries; running or not. */
  | { kind: 'executable'; pattern: string }
  /** A container's name, or its id (12 digits or more). */
  | { kind: 'container'; name: string }
) & {
  /** Where a definition file says so, `FILE:LINE:COLUMN: KEY`; absent where a flag or variable does. */
  place?: string
}

export type TargetFile = {
  /** As the process sees it; in its messages and tables. */
  path: string
  /** Where it can be read from here, and a probe attached: below /proc/PID for a process. */
  readPath: string
}

export type Target = {
  /** Absent where files were selected, not a process. */
  pid?: number
  files: TargetFile[]
}

export type TargetFlags = { pid?: string; exe?: string; container?: string }

const pidForm = /^[1-9]\d{0,9}$/
export const containerForm = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/

/**
 * Undefined where no flag is given. Throws BridgeError `config_invalid`, naming every mistake; `nameOf` is what a
 * message calls a flag.
 */
export function readSelection(
  flags: TargetFlags,
  nameOf = (flag: keyof TargetFlags): string => `--${flag}`,
): TargetSelection | undefined {
  const { pid, exe, container } = flags
  const mistakes: string[] = []
  const given = [pid, exe, container].filter((flag) => flag !== undefined).length
  if (given > 1) mistakes.push('--pid, --exe and --container exclude each other: give one')
  if (pid !== undefined && !pidForm.test(pid))
    mistakes.push(`${nameOf('pid')} is "${pid}": give a process id, such as 1`)
  if (exe === '')
    mistakes.push(
      `${nameOf('exe')} is empty: give the path of a program, or a glob such as "/opt/*/bin/shop"`,
    )
  if (container !== undefined && !containerForm.test(container)) {
    mistakes.push(
      `${nameOf('container')} is "${container}": give the name or id that "docker ps" or "podman ps" shows`,
    )
  }
  if (mistakes.length > 0) throw new BridgeError('config_invalid', mistakes.join('\n'))
  if (pid !== undefined) return { kind: 'pid', pid: Number(pid) }
  if (exe !== undefined) return { kind: 'executable', pattern: exe }
  return container === undefined ? undefined : { kind: 'container', name: container }
}

/** What is wrong with a target that a definition file names is told with its place there. */
export function atItsPlace(error: BridgeError, { place }: TargetSelection): BridgeError {
  const isOfTarget = error.code === 'config_invalid' || error.code === 'target_gone'
  return place !== undefined && isOfTarget ? new BridgeError(error.code, `${place}: ${error.message}`) : error
}

/** For messages: "process 12", "container shop", "/usr/bin/x". */
export function selectionText(selection: TargetSelection): string {
  switch (selection.kind) {
    case 'pid':
      return `process ${selection.pid}`
    case 'executable':
      return selection.pattern
    case 'container':
      return `container ${selection.name}`
  }
}

/** As it is given to a command: "--pid 12", "--exe '/usr/bin/x'". */
export function selectionFlag(selection: TargetSelection): string {
  switch (selection.kind) {
    case 'pid':
      return `--pid ${selection.pid}`
    case 'executable':
      return `--exe '${selection.pattern}'`
    case 'container':
      return `--container ${selection.name}`
  }
}
