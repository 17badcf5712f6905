// Lets as many questions into the store at a time as its threads can bear; others wait their turn, or are told to come
// again. In: a question as work to do; out: its answer, or RequestFault `query_busy`. Whoever hangs up leaves the
// queue, and a question of theirs that is under way is given up.
import { RequestFault } from '../faults.ts'
import { questionsAtOnce, questionsWaitingMax, questionWaitMs } from '../limits.ts'
import type { Budget } from '../store/questions.ts'

export type QuestionQueue = {
  /** `ask` is called with what the question may take when it is its turn. */
  take<Answer>(signal: AbortSignal, ask: (budget: Budget) => Promise<Answer>): Promise<Answer>
}

export type QueueBounds = { atOnce: number; waitingMax: number; waitMs: number }

const usualBounds: QueueBounds = {
  atOnce: questionsAtOnce,
  waitingMax: questionsWaitingMax,
  waitMs: questionWaitMs,
}

/** `limits` are of one question. */
export function createQuestionQueue(
  limits: Pick<Budget, 'ms' | 'spans'>,
  { atOnce, waitingMax, waitMs }: QueueBounds = usualBounds,
): QuestionQueue {
  let underWay = 0
  const waiting = new Set<() => void>()

  function turn(signal: AbortSignal): Promise<void> | undefined {
    if (underWay < atOnce) {
      underWay++
      return undefined
    }
    if (waiting.size >= waitingMax) throw busy(`${waiting.size} questions wait already`)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(come)
        clearTimeout(timer)
        signal.removeEventListener('abort', hangUp)
      }
      const come = (): void => {
        leave()
        resolve()
      }
      const hangUp = (): void => {
        leave()
        reject(new RequestFault('query_busy', 'nobody waits for the answer any more.'))
      }
      const timer = setTimeout(() => {
        leave()
        reject(busy(`it was not this question's turn within ${waitMs} ms`))
      }, waitMs)
      waiting.add(come)
      signal.addEventListener('abort', hangUp)
    })
  }

  /** The place passes on to the next one, so that nobody slips in between. */
  function leaveStore(): void {
    const [next] = waiting
    if (next === undefined) underWay--
    else next()
  }

  return {
    async take(signal, ask) {
      signal.throwIfAborted()
      await turn(signal)
      const givenUp = new Int32Array(new SharedArrayBuffer(4))
      const giveUp = (): void => void Atomics.store(givenUp, 0, 1)
      signal.addEventListener('abort', giveUp)
      try {
        return await ask({ ...limits, givenUp })
      } finally {
        signal.removeEventListener('abort', giveUp)
        leaveStore()
      }
    },
  }
}

function busy(reason: string): RequestFault {
  return new RequestFault('query_busy', `too much is being asked: ${reason}. Ask again later, or for less.`)
}
