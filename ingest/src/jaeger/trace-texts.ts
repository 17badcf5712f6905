// Several whole traces as one JSON answer, in pieces: one trace is held at a time, however many there are. In: trace ids
// and the store; out: text and bytes to be written one after another. A trace that cannot be given is left out, and told.
import { StoreFault } from '../store/store.ts'
import type { Store, TraceJsonForm } from '../store/store.ts'

export type LeftOut = { traceId: string; fault: StoreFault }
type Reading = Pick<Store, 'traceJson'>

async function* traces(
  store: Reading,
  traceIds: readonly string[],
  form: TraceJsonForm,
  leftOut: LeftOut[],
): AsyncGenerator<Buffer> {
  for (const traceId of traceIds) {
    try {
      const json = await store.traceJson(traceId, form)
      // Taken away by retention since it was found.
      if (json !== undefined) yield json
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error
      leftOut.push({ traceId, fault: error })
    }
  }
}

async function* separated(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer | string> {
  let isFirst = true
  for await (const piece of pieces) {
    if (!isFirst) yield ','
    isFirst = false
    yield piece
  }
}

const resourceSpansStart = '{"resourceSpans":['
const resourceSpansEnd = ']}'

/** `{"result":{"resourceSpans":[…]}}`: Jaeger's v3 puts the spans of all traces into one list. */
export async function* resultText(
  store: Reading,
  traceIds: readonly string[],
): AsyncGenerator<Buffer | string> {
  yield `{"result":${resourceSpansStart}`
  yield* separated(contents(traces(store, traceIds, 'otlp', [])))
  yield `${resourceSpansEnd}}`
}

async function* contents(messages: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const message of messages) {
    if (message.toString('utf8', 0, resourceSpansStart.length) !== resourceSpansStart) {
      throw new Error(`a trace begins with ${message.toString('utf8', 0, 40)}`)
    }
    yield message.subarray(resourceSpansStart.length, message.length - resourceSpansEnd.length)
  }
}

/** A list of v1's traces, then what `end` makes of those left out. */
export async function* dataText(
  store: Reading,
  traceIds: readonly string[],
  end: (leftOut: readonly LeftOut[]) => string,
): AsyncGenerator<Buffer | string> {
  const leftOut: LeftOut[] = []
  yield '{"data":['
  yield* separated(traces(store, traceIds, 'jaeger', leftOut))
  yield `]${end(leftOut)}`
}
