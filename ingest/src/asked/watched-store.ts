// The store as the API asks it: the same answers, with each question noted in the record of the request that asks
// (request-record.ts). Where no request is recorded it is the store itself.
import type { Answered, Questions, TimeRange } from '../store/questions.ts'
import type { Store } from '../store/store.ts'
import { currentRecord, questionsMax, withQuestion } from './request-record.ts'
import type { AskedQuestion } from './request-record.ts'

/** What one request asks; the others are for those who follow the store. */
type Asked = Exclude<keyof Questions, 'tail' | 'lastBlock' | 'onCommit'>

const questions = {
  search: true,
  measure: true,
  red: true,
  attributeKeys: true,
  fieldValues: true,
  operations: true,
  dependencies: true,
} satisfies Record<Asked, true>

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- those are its keys
const askedNames = Object.keys(questions) as Asked[]

const watched: readonly (keyof Store)[] = [
  ...askedNames,
  'findTraces',
  'services',
  'stats',
  'readTrace',
  'readSpan',
  'traceAnswer',
  'skeletonAnswer',
  'traceBytes',
  'traceJson',
  'orphanCounts',
  'refusedBatches',
]

type Ask = (...question: unknown[]) => Promise<unknown>

export function watchedStore(store: Store): Store {
  const asks = watched.map((kind) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the wrapper has the type of what it wraps
    const ask = store[kind] as Ask
    const noting: Ask = (...question) => noted(kind, question, () => ask(...question))
    return [kind, noting] as const
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each has the type of the one that it wraps
  return { ...store, ...(Object.fromEntries(asks) as Partial<Store>) }
}

async function noted(
  kind: string,
  question: readonly unknown[],
  ask: () => Promise<unknown>,
): Promise<unknown> {
  const record = currentRecord()
  if (record === undefined) return ask()
  if (record.questions.length >= questionsMax) {
    record.questionsMore++
    return ask()
  }
  const note = begun(kind, question[0])
  record.questions.push(note)
  try {
    const answer = await withQuestion(note, ask)
    noteAnswer(note, answer)
    return answer
  } catch (error) {
    note.failure = error instanceof Error ? error.message : String(error)
    throw error
  } finally {
    note.endMs = performance.now()
  }
}

function begun(kind: string, question: unknown): AskedQuestion {
  const startMs = performance.now()
  const { start, end }: TimeRange = isObject(question) ? question : {}
  return {
    kind,
    range: { start, end },
    startMs,
    endMs: startMs,
    waitMs: 0,
    readMs: 0,
    blocksInspected: undefined,
    spansInspected: undefined,
    returned: undefined,
    cutShort: undefined,
    failure: undefined,
  }
}

function noteAnswer(note: AskedQuestion, answer: unknown): void {
  if (!isObject(answer) || Buffer.isBuffer(answer)) return
  if (Array.isArray(answer)) {
    note.returned = answer.length
    return
  }
  note.returned = Object.values(answer).find(Array.isArray)?.length
  const { inspected, cutShort }: Partial<Answered> = answer
  note.blocksInspected = inspected?.blocks
  note.spansInspected = inspected?.spans
  note.cutShort = cutShort
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
