// Batches on disk while the receiver is away, in a folder of this bridge's own: appended to segments, taken from the
// front in the same order, one at a time. What was appended outlives the process (it is in the kernel's hands when
// `append` returns) and, from a second later, also a loss of power: fdatasync runs once a second while there is
// something new. Beyond `bytesMax` the oldest segment goes, counted. Writes do not wait for the disk, so they are done
// in place; an account that always closes: appended + recovered = settled + overflowed + damaged + spans.
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { BridgeError } from '../../errors.ts'
import { errorText } from '../error-code.ts'
import type { EncodedBatch } from '../encoded-batch.ts'
import { Cursor, readCursor, type CursorPlace } from './cursor.ts'
import { SpoolLock } from './lock.ts'
import { encodeRecord, readRecord, type RecordRead } from './record.ts'
import { listSegments, newSegment, recoverSegment, removeSegment, type Segment } from './segment.ts'

const flushDelayMs = 1000
/** The unit in which the oldest go: an eighth of the whole. */
const segmentsMin = 8

export type SpoolCounts = {
  /** Spans found whole at the start, of an earlier run. */
  recovered: number
  /** Records found cut or changed at the start: what they held is not known. */
  tornRecords: number
  /** Spans dropped because the spool was full. */
  overflowed: number
  /** Spans whose record could not be read back. */
  damaged: number
}

/** A batch that was taken, until it is settled or released. */
export type SpooledBatch = {
  batch: EncodedBatch
  segment: Segment
  recordBytes: number
  isOverflowed: boolean
}

type OpenSegment = { segment: Segment; descriptor: number }

export class Spool {
  readonly folder: string
  readonly counts: SpoolCounts = { recovered: 0, tornRecords: 0, overflowed: 0, damaged: 0 }
  private readonly bytesMax: number
  private readonly lock: SpoolLock
  private readonly cursor: Cursor
  /** The oldest first. */
  private readonly segments: Segment[]
  private nextNumber: number
  /** Where the oldest segment's first record stands that is not settled. */
  private offset = 0
  private writing: OpenSegment | undefined
  private reading: OpenSegment | undefined
  private taken: SpooledBatch | undefined
  private flushing: NodeJS.Timeout | undefined

  /** Throws BridgeError `spool_unavailable` where the folder cannot be used or another bridge uses it. */
  static open(folder: string, bytesMax: number): Spool {
    let lock: SpoolLock | undefined
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      lock = SpoolLock.take(folder)
      return new Spool(folder, bytesMax, lock)
    } catch (error) {
      lock?.release()
      if (error instanceof BridgeError) throw error
      throw new BridgeError(
        'spool_unavailable',
        `cannot use the spool ${folder} (${errorText(error)}): ` +
          'name a folder that can be written (--spool or PROBESPAN_SPOOL), or "off"',
      )
    }
  }

  private constructor(folder: string, bytesMax: number, lock: SpoolLock) {
    this.folder = folder
    this.bytesMax = bytesMax
    this.lock = lock
    const place = readCursor(join(folder, 'cursor'))
    const found = listSegments(folder)
    this.nextNumber = (found.at(-1)?.number ?? 0) + 1
    this.segments = found.filter((segment) => this.recover(segment, place))
    if (this.segments[0]?.number === place?.segment) this.offset = place?.offset ?? 0
    this.cursor = new Cursor(join(folder, 'cursor'))
    // Now: what it says of an older segment must not be taken for a new one's of the same number.
    this.cursor.write({ segment: this.segments[0]?.number ?? this.nextNumber, offset: this.offset })
    this.counts.recovered = this.spans
  }

  /** Spans that are neither settled nor given up. */
  get spans(): number {
    const overflowed = this.taken?.isOverflowed === true ? this.taken.batch.spanCount : 0
    return this.segments.reduce((sum, segment) => sum + segment.spans, overflowed)
  }

  /** On disk. */
  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  get isEmpty(): boolean {
    return this.segments.length === 0
  }

  /** Throws the disk's error, with nothing appended. */
  append(batch: EncodedBatch): void {
    this.write(batch)
  }

  /** Appends a batch that is under way: it counts as taken. Only into an empty spool, or it would not be the first. */
  adopt(batch: EncodedBatch): void {
    if (!this.isEmpty) throw new Error('only an empty spool can adopt a batch')
    this.taken = { batch, ...this.write(batch), isOverflowed: false }
  }
  /** The oldest batch. It stays until it is settled; there is one at a time. */
  take(): SpooledBatch | undefined {
    if (this.taken) throw new Error('a batch of the spool is already taken')
    for (let segment = this.segments[0]; segment; segment = this.segments[0]) {
      const read = this.read(segment)
      if (read.kind === 'whole') {
        this.taken = { batch: read.batch, segment, recordBytes: read.recordBytes, isOverflowed: false }
        return this.taken
      }
      if (read.kind === 'damaged') this.offset += read.recordBytes
      else this.removeFirst()
    }
    return undefined
  }

  /** What was taken needs no further sending. */
  settle(): void {
    const { taken } = this
    this.taken = undefined
    if (!taken || taken.isOverflowed) return
    const { segment } = taken
    this.offset += taken.recordBytes
    segment.spans -= taken.batch.spanCount
    if (this.offset >= segment.bytes) this.removeFirst()
    else this.noteProgress({ segment: segment.number, offset: this.offset })
  }

  /** What was taken could not be sent: it is again the first, unless the spool overflowed meanwhile. */
  release(): void {
    if (this.taken?.isOverflowed) this.counts.overflowed += this.taken.batch.spanCount
    this.taken = undefined
  }

  close(): void {
    clearTimeout(this.flushing)
    try {
      if (this.writing) fdatasyncSync(this.writing.descriptor)
    } catch {
      // A disk that cannot: what it has is all there is.
    }
    this.closeWriting()
    this.closeReading()
    this.cursor.close()
    this.lock.release()
  }

  private write(batch: EncodedBatch): { segment: Segment; recordBytes: number } {
    const record = encodeRecord(batch)
    while (this.segments.length > 0 && this.bytes + record.length > this.bytesMax) this.overflow()
    const { segment, descriptor } = this.segmentFor(record.length)
    try {
      writeFileSync(descriptor, record)
    } catch (error) {
      this.undoWrite()
      throw error
    }
    segment.bytes += record.length
    segment.spans += batch.spanCount
    this.flushing ??= setTimeout(() => this.flush(), flushDelayMs).unref()
    return { segment, recordBytes: record.length }
  }

  /** False where there is nothing left in it. */
  private recover(segment: Segment, place: CursorPlace | undefined): boolean {
    const isSettled = place !== undefined && segment.number < place.segment
    if (!isSettled) {
      const offset = place?.segment === segment.number ? place.offset : 0
      this.counts.tornRecords += recoverSegment(segment, offset).lostRecords
    }
    if (segment.spans === 0) removeSegment(segment)
    return segment.spans > 0
  }

  private segmentFor(recordBytes: number): OpenSegment {
    const { writing } = this
    if (writing && writing.segment.bytes + recordBytes <= this.bytesMax / segmentsMin) return writing
    this.retireWriting()
    const segment = newSegment(this.folder, this.nextNumber)
    const opened = { segment, descriptor: openSync(segment.path, 'ax', 0o600) }
    this.nextNumber += 1
    this.segments.push(segment)
    this.writing = opened
    return opened
  }

  /** What is behind the last whole record of a write that failed must not stand before the next. */
  private undoWrite(): void {
    const { writing } = this
    if (!writing) return
    try {
      ftruncateSync(writing.descriptor, writing.segment.bytes)
    } catch {
      // The next start cuts it off.
    }
    this.closeWriting()
    if (writing.segment.bytes > 0) return
    this.segments.pop()
    removeSegment(writing.segment)
  }

  private overflow(): void {
    const { taken } = this
    const [oldest] = this.segments
    if (taken && taken.segment === oldest) {
      // It is under way, and still may arrive: what becomes of it is told by `settle` or `release`.
      taken.isOverflowed = true
      oldest.spans -= taken.batch.spanCount
    }
    this.counts.overflowed += oldest?.spans ?? 0
    if (oldest) oldest.spans = 0
    this.removeFirst()
  }

  /** Spans that are still in it could not be read. */
  private removeFirst(): void {
    const segment = this.segments.shift()
    if (!segment) return
    this.counts.damaged += segment.spans
    if (this.writing?.segment === segment) this.closeWriting()
    if (this.reading?.segment === segment) this.closeReading()
    this.offset = 0
    removeSegment(segment)
  }

  /** A segment that can no more be opened or read is as good as torn. */
  private read(segment: Segment): RecordRead {
    try {
      if (this.reading?.segment !== segment) {
        this.closeReading()
        this.reading = { segment, descriptor: openSync(segment.path, 'r') }
      }
      return readRecord(this.reading.descriptor, this.offset, segment.bytes)
    } catch {
      return { kind: 'torn' }
    }
  }

  /** Where it cannot be written, the next start sends what is settled of one segment once more. */
  private noteProgress(place: CursorPlace): void {
    try {
      this.cursor.write(place)
    } catch {
      // Nothing is lost by it.
    }
  }

  private flush(): void {
    this.flushing = undefined
    // A disk that cannot is one that also fails the next write, which is told.
    if (this.writing) fdatasync(this.writing.descriptor, () => undefined)
  }

  /** The full segment's last second is still to be brought to the disk. */
  private retireWriting(): void {
    const { writing } = this
    this.writing = undefined
    if (writing) fdatasync(writing.descriptor, () => closeSync(writing.descriptor))
  }

  private closeWriting(): void {
    if (this.writing) closeSync(this.writing.descriptor)
    this.writing = undefined
  }

  private closeReading(): void {
    if (this.reading) closeSync(this.reading.descriptor)
    this.reading = undefined
  }
}
