// Passes stored spans on to any number of destinations, each by itself (destination-run.ts). In: the destinations; out:
// how each is doing. Without destinations nothing runs.
import type { Logger } from 'pino'
import type { Counters } from '../counters.ts'
import type { DestinationStore, SpanChoice } from '../store/destination-store.ts'
import type { JobRun } from '../store/job.ts'
import { DestinationRun } from './destination-run.ts'
import type { RunState } from './destination-run.ts'
import type { Destination } from './destination.ts'
import { openTransport } from './transport.ts'

export type Forward = {
  destinations: readonly Destination[]
  /** What each of them wants, by name. */
  choices: Readonly<Record<string, SpanChoice>>
  /** Undefined: no such destination is configured. */
  stateOf(name: string): RunState | undefined
  /** From here on new destinations get what is stored. */
  openCursors(): Promise<void>
  start(): void
  /** Requests under way may end; what else was under way is sent again after the next start. */
  close(): Promise<void>
}

export type ForwardParts = {
  destinations: readonly Destination[]
  store: DestinationStore
  counters: Counters
  log: Logger
  /** A destination was sent something, or begins to fail. */
  onRun: (run: JobRun) => void
}

export function createForward({ destinations, ...parts }: ForwardParts): Forward {
  const runs = new Map(
    destinations.map((destination) => [
      destination.name,
      new DestinationRun({ destination, transport: openTransport(destination), ...parts }),
    ]),
  )
  return {
    destinations,
    choices: Object.fromEntries(destinations.map(({ name, choice }) => [name, choice])),
    stateOf: (name) => runs.get(name)?.state,
    async openCursors() {
      await Promise.all(destinations.map(({ name }) => parts.store.cursor(name)))
    },
    start() {
      for (const run of runs.values()) run.start()
    },
    async close() {
      await Promise.all([...runs.values()].map((run) => run.close()))
    },
  }
}
