// A byte stream, in chunks cut anywhere, to whole lines as strings of one character a byte (`latin1`): what a
// probe's string holds need not be UTF-8, and decoding must not happen across a cut. A line beyond
// `lineBytesMax` is dropped whole and counted, so that memory stays bounded whatever the program prints.

export const lineBytesMaxDefault = 1 << 20
const lineEnd = 10

export class LineSplitter {
  /** Lines dropped because they were longer than the bound. */
  overlong = 0
  private readonly lineBytesMax: number
  private pending = ''
  private skipping = false

  constructor(lineBytesMax: number = lineBytesMaxDefault) {
    this.lineBytesMax = lineBytesMax
  }

  /** The lines that `chunk` completes, without their line ends. */
  push(chunk: Buffer): string[] {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, start)) {
      // Each line is a string of its own: parts of it are kept for as long as a span is open, and a part of a larger
      // string would keep all of that.
      const part = chunk.toString('latin1', start, end)
      start = end + 1
      this.complete(this.pending === '' ? part : this.pending + part, lines)
    }
    this.pending += chunk.toString('latin1', start)
    if (this.skipping) this.pending = ''
    else if (this.pending.length > this.lineBytesMax) {
      this.overlong += 1
      this.skipping = true
      this.pending = ''
    }
    return lines
  }

  /** What stood after the last line end, once the stream has ended. */
  end(): string[] {
    const rest = this.pending
    this.pending = ''
    return rest === '' ? [] : [rest]
  }

  private complete(line: string, lines: string[]): void {
    this.pending = ''
    if (this.skipping) this.skipping = false
    else if (line.length > this.lineBytesMax) this.overlong += 1
    else if (line !== '') lines.push(line)
  }
}
