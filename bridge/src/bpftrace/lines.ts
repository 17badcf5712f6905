// A byte stream, in chunks cut anywhere, to whole lines as strings of one character a byte (`latin1`): what a
// probe's string holds need not be UTF-8, and decoding must not happen across a cut. A line beyond
// `lineBytesMax` is dropped whole and counted, so that memory stays bounded whatever the program prints.

export const lineBytesMaxDefault = 1 << 20

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
    const lines = (this.pending + chunk.toString('latin1')).split('\n')
    this.pending = lines.pop() ?? ''
    if (this.skipping && lines.length > 0) {
      lines.shift()
      this.skipping = false
    }
    if (this.skipping) this.pending = ''
    else if (this.pending.length > this.lineBytesMax) {
      this.overlong += 1
      this.skipping = true
      this.pending = ''
    }
    return lines.filter((line) => this.accept(line))
  }

  /** What stood after the last line end, once the stream has ended. */
  end(): string[] {
    const rest = this.pending
    this.pending = ''
    return rest === '' ? [] : [rest]
  }

  private accept(line: string): boolean {
    if (line.length <= this.lineBytesMax) return line !== ''
    this.overlong += 1
    return false
  }
}
