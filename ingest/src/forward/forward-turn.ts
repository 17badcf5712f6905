// What one turn of forwarding to a destination did, told as a run of a job when it ends or begins to fail; a turn that
// did nothing is not told.
import type { JobRun } from '../store/job.ts'

type Count = 'spans.sent' | 'spans.refused' | 'spans.skipped'

export class ForwardTurn {
  readonly #destination: string
  readonly #onRun: (run: JobRun) => void
  #startMs = performance.now()
  #counts: Partial<Record<Count, number>> = {}

  constructor(destination: string, onRun: (run: JobRun) => void) {
    this.#destination = destination
    this.#onRun = onRun
  }

  begin(): void {
    this.#startMs = performance.now()
    this.#counts = {}
  }

  add(what: Count, spans: number): void {
    if (spans > 0) this.#counts[what] = (this.#counts[what] ?? 0) + spans
  }

  /** What comes now is another turn. */
  end(failure?: string): void {
    const counts = this.#counts
    const durationMs = performance.now() - this.#startMs
    this.begin()
    if (failure === undefined && Object.keys(counts).length === 0) return
    this.#onRun({
      name: 'forward',
      destination: this.#destination,
      startUnixMs: Date.now() - durationMs,
      durationMs,
      counts,
      ...(failure !== undefined && { failure }),
    })
  }
}
