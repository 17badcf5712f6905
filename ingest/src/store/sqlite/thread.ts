// Starts a thread of the store. Its failure is the process's: an answer to senders must never depend on a thread that is
// gone, so the error is thrown where nothing catches it.
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Transferable } from 'node:worker_threads'

// A half-space of the young generation of each thread that is started from here on: what these threads work on mostly lies
// outside of V8's heap, and 16 MiB took 50 MB more for no gain. By a flag of V8, since
// the process's own flag goes before a thread's `resourceLimits`.
setFlagsFromString('--max-semi-space-size=4')

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
