// The upkeep as the rest of the store sees it: its thread starts a while after the store, or when it is asked for
// something. In: the path, the writing thread, what is kept; out: calls to it.
import { MessageChannel } from 'node:worker_threads'
import type { JobRun } from '../job.ts'
import type { Retention } from '../retention.ts'
import type { CompactDone } from '../store.ts'
import { callsTo } from './calls.ts'
import type { Caller } from './calls.ts'
import { startThread } from './thread.ts'
import type { UpkeepCalls, UpkeepData, UpkeepDid, UpkeepFailed } from './upkeep-thread.ts'
import type { WriterCalls } from './writer-thread.ts'

/** Starting takes CPU that the service's own start needs. */
const startAfterMs = 2_000

export type UpkeepClient = { compact: () => Promise<CompactDone>; close: () => Promise<void> }

export type UpkeepParts = {
  path: string
  write: Caller<WriterCalls>
  retention: Retention
  onFailed: (reason: string) => void
  /** A job has done something. */
  onDone: (run: JobRun) => void
}

export function createUpkeepClient({ path, write, retention, onFailed, onDone }: UpkeepParts): UpkeepClient {
  let started: { call: Caller<UpkeepCalls>; expectEnd: () => void } | undefined
  const timer = setTimeout(start, startAfterMs).unref()

  function start(): Caller<UpkeepCalls> {
    clearTimeout(timer)
    if (started !== undefined) return started.call
    const { port1, port2 } = new MessageChannel()
    void write('serveUpkeep', port1, [port1])
    const data: UpkeepData = { path, writer: port2, retention }
    const { worker, expectEnd } = startThread('./upkeep-thread.ts', 'keeps the store in order', data, [port2])
    worker.on('message', (message: UpkeepFailed | UpkeepDid | object) => {
      if ('upkeepFailed' in message) onFailed(message.upkeepFailed)
      if ('upkeepDid' in message) onDone(message.upkeepDid)
    })
    started = { call: callsTo<UpkeepCalls>(worker), expectEnd }
    return started.call
  }

  return {
    compact: () => start()('compact', undefined),
    async close() {
      clearTimeout(timer)
      started?.expectEnd()
      await started?.call('close', undefined)
    },
  }
}
