// The files of a spool: NUMBER.segment, of records only ever appended, counted up and never used again once closed.
// What a bridge that was killed left behind is read through once, to count what is whole in it.
import { closeSync, fstatSync, ftruncateSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readRecord } from './record.ts'

export type Segment = {
  number: number
  path: string
  /** Its file's length. */
  bytes: number
  /** Spans in records that are not settled yet. */
  spans: number
}

const namePattern = /^(\d{12})\.segment$/

export function newSegment(folder: string, number: number): Segment {
  return { number, path: join(folder, `${String(number).padStart(12, '0')}.segment`), bytes: 0, spans: 0 }
}

/** Those in the folder, the oldest first; what they hold is not known yet. */
export function listSegments(folder: string): Segment[] {
  const numbers = readdirSync(folder).flatMap((name) => {
    const [, number] = namePattern.exec(name) ?? []
    return number === undefined ? [] : [Number(number)]
  })
  return numbers.sort((a, b) => a - b).map((number) => newSegment(folder, number))
}

/** Counts the whole records from `offset` on, and cuts off a torn one. Answers how many records were not whole. */
export function recoverSegment(segment: Segment, offset: number): { lostRecords: number } {
  const descriptor = openSync(segment.path, 'r+')
  try {
    segment.bytes = fstatSync(descriptor).size
    let lostRecords = 0
    for (let at = offset; ;) {
      const read = readRecord(descriptor, at, segment.bytes)
      if (read.kind === 'end') return { lostRecords }
      if (read.kind === 'torn') {
        ftruncateSync(descriptor, at)
        segment.bytes = at
        return { lostRecords: lostRecords + 1 }
      }
      if (read.kind === 'whole') segment.spans += read.batch.spanCount
      else lostRecords += 1
      at += read.recordBytes
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Where it cannot be removed, the next start finds it settled, or sends it once more. */
export function removeSegment(segment: Segment): void {
  try {
    rmSync(segment.path, { force: true })
  } catch {
    // The disk has become read-only, which the next write tells.
  }
}
