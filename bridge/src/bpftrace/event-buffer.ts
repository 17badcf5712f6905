// How large the kernel's buffer for events is made, by bpftrace's version and the machine. bpftrace's own default, 64
// pages, loses most of a burst of a few thousand events from 0.19 on. Source: BPFTRACE_PERF_RB_PAGES in its manual.
import { hasSharedBuffer, type BpftraceVersion } from './version.ts'

/** Of a kernel with larger pages (some arm64 and ppc64) the buffer is larger by as much. */
const pageBytes = 4096
/** In all 16 MiB, as bpftrace's own maintainers propose. */
const pagesInAll = 4096
/** A CPU's buffer is drained before the next one's: what one holds makes the events of the others late. */
const pagesOfCpuMax = 512
const pagesOfCpuMin = 64

export type EventBuffer = {
  /** A power of two: of the one buffer, or of each CPU's. */
  pages: number
  /** In all. */
  bytes: number
}

/** `chosen` is the user's BPFTRACE_PERF_RB_PAGES; what is no number is left to bpftrace to refuse. */
export function eventBufferOf(
  version: BpftraceVersion,
  cpus: number,
  chosen: string | undefined,
): EventBuffer {
  const isShared = hasSharedBuffer(version)
  const pages = Number(chosen) || (isShared ? pagesInAll : pagesOfCpu(cpus))
  return { pages, bytes: pages * (isShared ? 1 : cpus) * pageBytes }
}

/** How many buffers there are where each CPU has its own; undefined where all share one. */
export const cpuBuffersOf = (version: BpftraceVersion, cpus: number): number | undefined =>
  hasSharedBuffer(version) ? undefined : cpus

function pagesOfCpu(cpus: number): number {
  const share = 2 ** Math.floor(Math.log2(pagesInAll / cpus))
  return Math.max(pagesOfCpuMin, Math.min(pagesOfCpuMax, share))
}
