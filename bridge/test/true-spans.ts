// What truth.c wrote of its own spans, read: a file a process, a line a span.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Interval } from './target.ts'

export type TrueSpan = {
  kind: string
  /** Its number, and that of the call around it. */
  serial: bigint
  parent: bigint | undefined
  pid: bigint
  tid: bigint
  /** Absent where only the end was fired. */
  start: Interval | undefined
  /** Absent where only the start was fired. */
  end: Interval | undefined
  key: Buffer | undefined
  text: Buffer | undefined
}

/** The files of a folder that its processes have written. */
export function readTruth(folder: string): TrueSpan[] {
  return readdirSync(folder).flatMap((pid) =>
    readFileSync(join(folder, pid), 'latin1')
      .trimEnd()
      .split('\n')
      .map((line) => trueSpan(BigInt(pid), line.split(' '))),
  )
}

function trueSpan(pid: bigint, [kind = '', ...fields]: string[]): TrueSpan {
  const [serial = 0n, parent = 0n, tid = 0n, ...times] = fields.slice(0, 7).map(BigInt)
  const interval = (beforeNs = 0n, afterNs = 0n): Interval | undefined =>
    beforeNs === 0n ? undefined : { beforeNs, afterNs }
  const bytes = (hex = '-'): Buffer | undefined => (hex === '-' ? undefined : Buffer.from(hex, 'hex'))
  return {
    kind,
    serial,
    parent: parent === 0n ? undefined : parent,
    pid,
    tid,
    start: interval(times[0], times[1]),
    end: interval(times[2], times[3]),
    key: bytes(fields[7]),
    text: bytes(fields[8]),
  }
}
