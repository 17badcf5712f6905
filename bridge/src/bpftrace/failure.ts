// How a bpftrace process failed to the one error that tells the user what to do. The texts were collected from
// 0.17.0, 0.23.2 and 0.27.1.
import { BridgeError } from '../errors.ts'

export type FailedRun = {
  /** What was run, for the message. */
  program: string
  /** `ENOENT` and the like, where the process could not be started. */
  spawnError?: string | undefined
  exitCode?: number | undefined
  signal?: string | undefined
  stderr: readonly string[]
  /** Lines of stdout that were no records. */
  stdoutText: readonly string[]
  targetPid?: number | undefined
  /** The file whose text was given to bpftrace, which calls it `stdin`. */
  scriptPath?: string | undefined
}

/** An error at a place in the script, behind which bpftrace repeats the line: only its own words may decide. */
const errorAtPlace = /^.+?:\d+(?:[-:]\d+)*: ERROR: (.*)$/
const warningAtPlace = /^.+?:\d+(?:[-:]\d+)*: WARNING: /
const notPermittedWords =
  /only supports running as the root user|Operation not permitted|EPERM|requires.*CAP_|missing.*capabilit|Failed to open perf buffer/i
/** 0.23 where it may not ask the kernel what it can do. */
const kernelUnaskedWords = /built-in function 'memset' is not supported|Unknown BPF object load failure/
/** How bpftrace attaches without CAP_SYS_ADMIN; 0.27 reads there in any case. */
const tracefsMissingWords = /(?:create_probe_event: open\(|reading events from )\/sys\/kernel\/tracing/
const probeMissingWords =
  /No probes to attach|Failed to find usdt probe|No matches for|no valid attach points|couldn't find|\bprobe\b[^/]*(not found|does not exist)/i
const harmless = [/RLIMIT_MEMLOCK/, /available_filter_functions/, /^\s*$/]

export function classifyFailure(run: FailedRun): BridgeError {
  const said = withoutWarnings(run.stderr).filter((line) => !harmless.some((pattern) => pattern.test(line)))
  const text = [...said, ...run.stdoutText]
    .map((line) => line.replace(/^stdin:/, `${run.scriptPath ?? 'stdin'}:`))
    .join('\n')
  if (run.spawnError === 'ENOENT') return missing(run.program)
  if (run.spawnError !== undefined) {
    return new BridgeError('bpftrace_failed', `${run.program} could not be started: ${run.spawnError}`)
  }
  const atPlace = said.flatMap((line) => errorAtPlace.exec(line)?.[1] ?? [])
  const decisive = atPlace.length > 0 ? atPlace.join('\n') : text
  if (tracefsMissingWords.test(text)) return noTracefs(text)
  if (notPermittedWords.test(decisive) || kernelUnaskedWords.test(text)) return notPermitted(text)
  if (probeMissingWords.test(decisive)) {
    return new BridgeError(
      'probe_missing',
      `bpftrace did not find the probes of the script:\n${text}\nList what the target has: bpftrace -l 'usdt:*' -p ${run.targetPid ?? 'PID'}`,
    )
  }
  if (/No such process/.test(decisive)) return targetGone(run.targetPid ?? 0)
  if (/stack limit of 512 bytes/.test(decisive)) {
    return new BridgeError(
      'script_invalid',
      `the strings of one event do not fit the kernel's 512-byte stack (bpftrace before 0.23; up to three of the default 64 bytes fit): leave one out, move one to the other probe, or make them shorter with BPFTRACE_STRLEN (up to 0.19) or BPFTRACE_MAX_STRLEN\n${text}`,
    )
  }
  if (atPlace.length > 0 || /syntax error|failed to open file|ERROR: .*(Unknown|undefined)/i.test(decisive)) {
    return new BridgeError(
      'script_invalid',
      `bpftrace refuses the script; correct the place it names:\n${text}`,
    )
  }
  const ending = run.signal === undefined ? `exit code ${run.exitCode ?? 'unknown'}` : `signal ${run.signal}`
  return new BridgeError(
    'bpftrace_failed',
    `bpftrace ended with ${ending}${text === '' ? ', saying nothing' : `:\n${text}`}`,
  )
}

/** 0.27 warns of every cast that it does not need, and repeats the line and marks the place below it. */
function withoutWarnings(lines: readonly string[]): string[] {
  const isWarning = (line: string | undefined): boolean => line !== undefined && warningAtPlace.test(line)
  const isMark = (line: string | undefined): boolean => line !== undefined && /^\s*~+\s*$/.test(line)
  return lines.filter(
    (line, index) =>
      !isWarning(line) &&
      !(isWarning(lines[index - 1]) && isMark(lines[index + 1])) &&
      !(isWarning(lines[index - 2]) && isMark(line)),
  )
}

export function missing(program: string): BridgeError {
  return new BridgeError(
    'bpftrace_missing',
    `there is no program "${program}": install bpftrace (Debian, Ubuntu: apt-get install bpftrace) or name it with PROBESPAN_BPFTRACE`,
  )
}

export function notPermitted(detail: string): BridgeError {
  return new BridgeError(
    'not_permitted',
    'bpftrace may not load BPF programs: run the bridge as root (in a container: with --cap-add SYS_ADMIN --cap-add SYS_PTRACE, ' +
      `or privileged). "probespan check" says what is missing\n${detail}`.trim(),
  )
}

function noTracefs(detail: string): BridgeError {
  return new BridgeError(
    'not_permitted',
    'bpftrace cannot use tracefs, by which it attaches where it has no CAP_SYS_ADMIN (0.27 in any case): mount -t tracefs tracefs ' +
      `/sys/kernel/tracing (in a container: -v /sys/kernel/tracing:/sys/kernel/tracing)\n${detail}`.trim(),
  )
}

export function targetGone(pid: number): BridgeError {
  return new BridgeError(
    'target_gone',
    `there is no process with pid ${pid}: start the target first and give its pid with --pid or TARGET_PID`,
  )
}
