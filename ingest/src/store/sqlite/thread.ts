// Starts a thread of the store. Its failure is the process's: an answer to senders must never depend on a thread that is
// gone, so the error is thrown where nothing catches it.
import { Worker } from 'node:worker_threads'
import type { Transferable } from 'node:worker_threads'

/** Of each thread: a third of what V8 takes by itself; what these threads work on mostly lies outside of its heap. */
const youngGenerationMiBMax = 16

export type Thread = {
  worker: Worker
  /** From now on it may end. */
  expectEnd: () => void
}

/** `file`: of a module beside this one. `role` is for its words: `the thread that writes`. */
export function startThread(
  file: string,
  role: string,
  workerData: unknown,
  transferList: readonly Transferable[] = [],
): Thread {
  let endExpected = false
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData,
    transferList: [...transferList],
    name: role,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMiBMax },
  })
  worker.once('error', (error: unknown) => {
    throw new Error(`the thread that ${role} failed, and the service with it: restart it.`, { cause: error })
  })
  worker.once('exit', (code) => {
    if (!endExpected)
      throw new Error(`the thread that ${role} ended (${code}), and the service with it: restart it.`)
  })
  return { worker, expectEnd: () => (endExpected = true) }
}
