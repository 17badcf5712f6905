// How long to wait before bpftrace is started again: short after a run that saw events, so that a bpftrace which was
// killed is soon replaced; longer each time where it does not even attach. Pure: times in milliseconds come in.

/** How far a run came: it saw events; bpftrace did not attach; what it should attach to is not there. */
export type Reached = 'attached' | 'started' | 'nothing'

const firstMs = 100
const maxMs: Readonly<Record<Reached, number>> = {
  // With the start of bpftrace and the delivery, spans flow again within a second or so of any death.
  attached: 200,
  started: 5000,
  // To look is cheap, and a target that is there again should be seen within two seconds.
  nothing: 1000,
}
/** A run that saw events for so long was a sound one. */
const soundMs = 1000

export type Run = { lastedMs: number; reached: Reached }

export class Backoff {
  private nextMs = firstMs

  /** The wait after a run. */
  after({ lastedMs, reached }: Run): number {
    if (reached === 'attached' && lastedMs >= soundMs) this.nextMs = firstMs
    const delayMs = Math.min(this.nextMs, maxMs[reached])
    this.nextMs = 2 * delayMs
    return delayMs
  }
}
