// The reading threads: each answers one question at a time; a question goes to the one with the fewest before it. They
// start when they are first needed. At most `readersMax`: one more than heavy questions are let in at a time
// (limits.ts), so that there is one for what is quick.
import { callsTo } from './calls.ts'
import type { Caller } from './calls.ts'
import type { ReaderCalls } from './reader-thread.ts'
import { startThread, type Thread } from './thread.ts'

const readersMax = 3

export type ReaderPool = {
  ask: Caller<ReaderCalls>
  /** The first thread, which may remember what it was asked before; another only where many wait for it. */
  askFirst: Caller<ReaderCalls>
  close: () => Promise<void>
}

/** Before the first thread. */
const waitingMax = 3

type Reader = Pick<Thread, 'expectEnd'> & { call: Caller<ReaderCalls>; asked: number }

/** What reading for an answer took: waiting for a thread and for what goes between them, and the thread's work. */
export type ReadCost = { waitMs: number; readMs: number }

/** `onRead` is called where the question was asked, before it has its answer. */
export function createReaderPool(path: string, onRead: (cost: ReadCost) => void): ReaderPool {
  const readers: Reader[] = []

  function start(): Reader {
    const { worker, expectEnd } = startThread('./reader-thread.ts', 'reads the store', path)
    const reader = { call: callsTo<ReaderCalls>(worker), asked: 0, expectEnd }
    readers.push(reader)
    return reader
  }

  function freest(): Reader {
    const idle = readers.find(({ asked }) => asked === 0)
    if (idle !== undefined) return idle
    if (readers.length < readersMax) return start()
    return readers.reduce((best, reader) => (reader.asked < best.asked ? reader : best))
  }

  /** The first thread, unless many questions wait for it. */
  function first(): Reader {
    const [one] = readers
    return one !== undefined && one.asked <= waitingMax ? one : freest()
  }

  function asking(choose: () => Reader): Caller<ReaderCalls> {
    return async (name, argument) => {
      const reader = choose()
      reader.asked++
      const startMs = performance.now()
      const work = { tookMs: 0 }
      try {
        return await reader.call(name, argument, [], work)
      } finally {
        reader.asked--
        const { tookMs: readMs } = work
        onRead({ waitMs: Math.max(0, performance.now() - startMs - readMs), readMs })
      }
    }
  }

  return {
    ask: asking(freest),
    askFirst: asking(first),
    async close() {
      await Promise.all(
        readers.map(async ({ call, expectEnd }) => {
          expectEnd()
          await call('close', undefined)
        }),
      )
    },
  }
}
