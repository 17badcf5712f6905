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
 * How long an event is held for an earlier one that may still come. Up to 0.18 each CPU has a perf buffer that is
 * drained in turn (109 ms late was measured); from 0.19 all share one ring buffer, in which two CPUs can only
 * overtake each other between reading the clock and reserving their place.
 */
export function reorderWindowMs(version: BpftraceVersion): number {
  return version.major === 0 && version.minor <= 18 ? 250 : 20
}
