// A byte stream, in chunks cut anywhere, to whole lines, each as a part of a buffer: what waits to be put in order then
// waits outside of the garbage collector's heap, and no line becomes a text that is not needed as one. A line beyond
// `lineBytesMax` is dropped whole and counted, so that memory stays bounded whatever the program prints.

export const lineBytesMaxDefault = 1 << 20
const lineEnd = 10

/** A line without its end: `bytes` from `start` to `end`, which stay as they are. */
export type OnLine = (bytes: Buffer, start: number, end: number) => void

/** One character a byte: what a probe's string holds need not be UTF-8. */
export const lineText: (...line: Parameters<OnLine>) => string = (bytes, start, end) =>
  bytes.toString('latin1', start, end)

export class LineSplitter {
  /** Lines dropped because they were longer than the bound. */
  overlong = 0
  private readonly lineBytesMax: number
  private pending: Buffer[] = []
  private pendingBytes = 0
  private skipping = false

  constructor(lineBytesMax: number = lineBytesMaxDefault) {
    this.lineBytesMax = lineBytesMax
  }

  /** Hands on the lines that `chunk` completes. The chunk is kept for as long as a line of it is. */
  push(chunk: Buffer, onLine: OnLine): void {
    let start = 0
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, start)) {
      if (this.pendingBytes === 0) this.complete(chunk, start, end, onLine)
      else {
        this.keep(chunk.subarray(start, end))
        this.completePending(onLine)
      }
      start = end + 1
    }
    this.keep(chunk.subarray(start))
  }

  /** Hands on what stood after the last line end, once the stream has ended. */
  end(onLine: OnLine): void {
    this.completePending(onLine)
  }

  private keep(part: Buffer): void {
    if (part.length === 0) return
    this.pendingBytes += part.length
    if (!this.skipping) this.pending.push(part)
    if (this.skipping || this.pendingBytes <= this.lineBytesMax) return
    this.overlong += 1
    this.skipping = true
    this.pending = []
  }

  private completePending(onLine: OnLine): void {
    const { pending, skipping } = this
    this.pending = []
    this.pendingBytes = 0
    this.skipping = false
    if (skipping) return
    const line = Buffer.concat(pending)
    this.complete(line, 0, line.length, onLine)
  }

  private complete(bytes: Buffer, start: number, end: number, onLine: OnLine): void {
    if (end - start > this.lineBytesMax) this.overlong += 1
    else if (end > start) onLine(bytes, start, end)
  }
}
