// What `bpftrace --version` prints to a version, and a version to what the bridge must do differently for it.

export type BpftraceVersion = { major: number; minor: number; patch: number }

export function parseVersion(output: string): BpftraceVersion | undefined {
  const [, major, minor, patch] = /v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(output) ?? []
  if (major === undefined || minor === undefined) return undefined
  return { major: Number(major), minor: Number(minor), patch: Number(patch ?? 0) }
}

export const versionText = (version: BpftraceVersion): string =>
  `${version.major}.${version.minor}.${version.patch}`

/**
 * By so much two CPUs can overtake each other between reading the clock and printing: while a probe is interrupted, or
 * its CPU is kept from running. More than 20 ms was seen on a virtual machine with six tasks a CPU.
 */
export const overtakeMs = 50

/**
 * How long an event is held for an earlier one that may still come. From 0.19 all CPUs share one ring buffer. Up to 0.18
 * each has a perf buffer, and they are drained in turn, each until it is empty: a generated program tells of each how far
 * that is; of a script, which does not, a window has to do (109 ms late was measured while no buffer was full).
 */
export function reorderWindowMs(version: BpftraceVersion, isScript: boolean): number | 'told' {
  if (hasSharedBuffer(version)) return overtakeMs
  return isScript ? 250 : 'told'
}

/** Whether all CPUs share one ring buffer for events; each has a perf buffer of its own otherwise. */
export const hasSharedBuffer = ({ major, minor }: BpftraceVersion): boolean => major > 0 || minor >= 19

/** The variable that sets the length of strings, where an event's lie on the kernel's 512-byte stack. */
export function stringLengthVariable({ major, minor }: BpftraceVersion): string | undefined {
  if (major > 0 || minor > 22) return undefined
  return minor <= 19 ? 'BPFTRACE_STRLEN' : 'BPFTRACE_MAX_STRLEN'
}

/** The limit of strings from 0.23 on, in bytes with the final zero; `variables` are those of bpftrace's environment. */
export function maxStringBytes({
  BPFTRACE_MAX_STRLEN: set,
}: Readonly<Record<string, string | undefined>>): number {
  return set !== undefined && /^\d{1,9}$/.test(set) ? Number(set) : 1024
}

/** Whether the length in `str(address, length)` counts the final zero, so that one letter less is read. */
export const lengthCountsZero = ({ major, minor }: BpftraceVersion): boolean => major > 0 || minor >= 23

/**
 * How many arguments of a probe can be read: up to 0.23 as many as there are registers for a function's, whatever a USDT
 * probe has. `architecture` as Node calls it; of those that nobody tried bpftrace itself tells.
 */
export function argumentsMax({ major, minor }: BpftraceVersion, architecture: string): number {
  if (major > 0 || minor >= 24) return Number.POSITIVE_INFINITY
  return (
    new Map([
      ['x64', argumentsMaxEverywhere],
      ['arm64', 8],
    ]).get(architecture) ?? Number.POSITIVE_INFINITY
  )
}

/** What every version reads on every usual machine. */
export const argumentsMaxEverywhere = 6

/** Up to which minor version of 0 something is not there, as a user of the bridge meets it. */
const lacks: readonly (readonly [upTo: number, what: string])[] = [
  [18, 'events come out of order, from a buffer a CPU: spans are made up to 250 ms late'],
  [21, 'pid and tid are those of the host, also inside of a pid namespace'],
  [22, 'the strings of an event share 512 bytes: one has up to 198, each of two 102, each of three 62'],
  [23, 'no argument beyond arg5 can be read (arg7 on arm64)'],
  [24, 'only root may run it: no smaller set of capabilities will do'],
]

/** What a version lacks that later ones have, the shortest-lived first. */
export function lacksOf(version: BpftraceVersion): string[] {
  return lacks.filter(([upTo]) => version.major === 0 && version.minor <= upTo).map(([, what]) => what)
}

/** Up to 0.24 bpftrace asks for the user root, from 0.25 for capabilities. */
export const needsRoot = (version: BpftraceVersion): boolean => version.major === 0 && version.minor <= 24

/** Whether bpftrace reads the kernel's types with CAP_SYS_ADMIN only: 0.17.0 does, 0.23.2 does not. */
export const readsTypesAsAdmin = ({ major, minor }: BpftraceVersion): boolean => major === 0 && minor <= 22

/** Whether bpftrace ends at once where tracefs is not mounted: 0.27.1 does, 0.23.2 does not. */
export const needsTracefs = ({ major, minor }: BpftraceVersion): boolean => major > 0 || minor >= 24

/** What the bridge is tried with begins at 0.17. */
export const isUntried = (version: BpftraceVersion): boolean => version.major === 0 && version.minor < 17
