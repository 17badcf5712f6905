// The processes of which a start is open, to those among them that have ended, and when. A few are looked at a call,
// each in its turn, so that a call costs the same however many there are.
import type { HrTime } from '@opentelemetry/api'

/** A look takes some 20 µs; at ten calls a second each of 500 processes is looked at once a second. */
const looksMax = 50

export type EndedProcess = { pid: number; at: HrTime }

export class ProcessWatch {
  private turn: number[] = []
  private readonly endOf: (pid: number) => HrTime | undefined

  /** `endOf` answers when a process has ended; undefined while it runs. */
  constructor(endOf: (pid: number) => HrTime | undefined) {
    this.endOf = endOf
  }

  ended(pids: () => Iterable<number>): EndedProcess[] {
    if (this.turn.length === 0) this.turn = [...pids()]
    return this.turn.splice(0, looksMax).flatMap((pid) => {
      const at = this.endOf(pid)
      return at ? [{ pid, at }] : []
    })
  }
}
