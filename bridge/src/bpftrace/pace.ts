// When a pipe is to be read next. To be woken for every few lines costs bridge and bpftrace more than the lines do, so
// after a read lines may gather for a while; but not while so much comes that the pipe could fill up, which on a busy
// machine means until a timer is late by tens of milliseconds. Pure: monotonic milliseconds come in.

const gatherMs = 2
const windowMs = 100
/** A pipe of 64 KiB takes 65 ms to fill. */
const fastBytesPerMs = 1000

export class Pace {
  private sinceMs = 0
  private bytes = 0
  private isFast = false

  /** A chunk was read: how many milliseconds to leave the pipe alone. */
  after(chunkBytes: number, nowMs: number): number {
    this.bytes += chunkBytes
    const passedMs = nowMs - this.sinceMs
    if (passedMs >= windowMs) {
      this.isFast = this.bytes > passedMs * fastBytesPerMs
      this.sinceMs = nowMs
      this.bytes = 0
    }
    return this.isFast ? 0 : gatherMs
  }
}
