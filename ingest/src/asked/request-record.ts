// What a request of the API asked the store, gathered while it is answered: for the audit and for ingest's own traces.
// The record follows the request through its promises, so that routes need not pass it on. Times are milliseconds of
// `performance.now()`. At most `questionsMax` questions a request are kept, the rest is counted.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { TimeRange } from '../store/questions.ts'

export type AskedQuestion = {
  /** As the store calls it: `search`, `measure` … */
  kind: string
  range: TimeRange
  startMs: number
  endMs: number
  /** Of all that was read for it: until a thread had time for it, and reading itself. */
  waitMs: number
  readMs: number
  /** Undefined where the store does not tell. */
  blocksInspected: number | undefined
  spansInspected: number | undefined
  /** Traces, series, values: what the answer is a list of. */
  returned: number | undefined
  cutShort: string | undefined
  /** Why there is no answer. */
  failure: string | undefined
}

export type RequestRecord = {
  questions: AskedQuestion[]
  /** Beyond those kept. */
  questionsMore: number
  /** What the request's message said, where it is not in its address: over gRPC. */
  parameters: Readonly<Record<string, unknown>>
}

export const questionsMax = 100

const current = new AsyncLocalStorage<RequestRecord>()
const currentQuestion = new AsyncLocalStorage<AskedQuestion>()

export const emptyRecord = (): RequestRecord => ({ questions: [], questionsMore: 0, parameters: {} })

/** Everything that `run` starts belongs to this record. */
export function withRecord<Answer>(record: RequestRecord, run: () => Answer): Answer {
  return current.run(record, run)
}

/** Undefined: nobody wants to know. */
export function currentRecord(): RequestRecord | undefined {
  return current.getStore()
}

/** Of a message that was read. */
export function noteParameters(parameters: RequestRecord['parameters']): void {
  const record = currentRecord()
  if (record !== undefined) record.parameters = parameters
}

/** Reads that `run` starts are charged to this question. */
export function withQuestion<Answer>(question: AskedQuestion, run: () => Answer): Answer {
  return currentQuestion.run(question, run)
}

/** For the store: one of its threads was waited for and read so long. */
export function chargeRead({ waitMs, readMs }: { waitMs: number; readMs: number }): void {
  const question = currentQuestion.getStore()
  if (question === undefined) return
  question.waitMs += waitMs
  question.readMs += readMs
}
