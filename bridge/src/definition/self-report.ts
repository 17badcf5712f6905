// What a generated program says of itself beside its events, as it is written and as it is read: that it is attached,
// how far each of the kernel's buffers has been read, and how many events it printed.
import type { HrTime } from '@opentelemetry/api'
import type { JsonValue } from '../bpftrace/json.ts'
import { isObject } from '../bpftrace/output.ts'
import { timeOf } from '../event/nanoseconds.ts'

const own = 'probespan'

/** Printed once, when every probe is attached: bpftrace drains its buffers only from then on. */
export const readyTuple = `("${own}", "ready", nsecs)`

/** The boot time in it; `undefined` where the tuple is another. */
export function readyIn(tuple: readonly JsonValue[]): { at: HrTime | undefined } | undefined {
  return tuple[0] === own && tuple[1] === 'ready' ? { at: timeOf(tuple[2]) } : undefined
}

const progressEveryMs = 100

/**
 * A buffer is read from its oldest event on. So behind a line that went through buffer `buffer` of `buffers` and was
 * printed in the kernel `at`, nothing comes that was printed into this buffer before.
 */
export type BufferProgress = { at: HrTime; buffer: number; buffers: number }

/** `cpuBuffers`: how many there are where each CPU has its own. */
export function progressBlock(cpuBuffers: number | undefined): string {
  const probe = cpuBuffers === undefined ? 'interval' : 'profile'
  return `${probe}:ms:${progressEveryMs} { ${progressPrint(cpuBuffers)} }`
}

export function progressPrint(cpuBuffers: number | undefined): string {
  const which = cpuBuffers === undefined ? '0, 1' : `cpu, ${cpuBuffers}`
  return `print(("${own}", "progress", nsecs, ${which}));`
}

export function progressIn(tuple: readonly JsonValue[]): BufferProgress | undefined {
  const [name, what, nsecs, buffer, buffers] = tuple
  const at = timeOf(nsecs)
  if (name !== own || what !== 'progress' || !at) return undefined
  return typeof buffer === 'number' && typeof buffers === 'number' ? { at, buffer, buffers } : undefined
}

/** The program's own count of each block's events, by the second in which they were; printed every second and at the end. */
export const countsMap = '@events'
/** As many seconds later a count goes on: by then it was read and compared. */
const countedSeconds = 8

/**
 * `$at` is the time that the event tells. It is to stand behind the event's print: what is counted is then in the
 * buffer already, or lost.
 */
export const counting = (block: number): string =>
  `${countsMap}[${block}, $at / 1000000000 % ${countedSeconds}] = count();`

/** The number of the count that an event is in, by the boot time that it tells. */
export const counterOf = (block: number, boot: HrTime): number =>
  block * countedSeconds + (boot[0] % countedSeconds)

/** The last second until `until` whose events this count has. */
export function secondOf(counter: number, until: HrTime): number {
  const since = (until[0] - counter) % countedSeconds
  return until[0] - (since < 0 ? since + countedSeconds : since)
}

/** The counts among maps that were printed, by their number; undefined where there are none. */
export function countsIn(maps: { [name: string]: JsonValue }): Map<number, number> | undefined {
  const printed = maps[countsMap]
  if (!isObject(printed)) return undefined
  const counts = new Map<number, number>()
  for (const [key, count] of Object.entries(printed)) {
    const [, block, second] = /^(\d+),(\d+)$/.exec(key) ?? []
    if (block !== undefined) counts.set(Number(block) * countedSeconds + Number(second), Number(count))
  }
  return counts
}
