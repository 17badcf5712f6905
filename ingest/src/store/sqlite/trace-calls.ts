// One trace in its several forms, as calls to the reading threads. In: a way to ask them; out: methods of Store.
import type { Store } from '../store.ts'
import type { Caller } from './calls.ts'
import { asBuffer } from './destination-calls.ts'
import type { ReaderCalls } from './reader-thread.ts'

type TraceCalls = Pick<
  Store,
  'readTrace' | 'readSpan' | 'skeletonAnswer' | 'traceAnswer' | 'traceBytes' | 'traceJson' | 'orphanCounts'
>

export function traceCalls(ask: Caller<ReaderCalls>): TraceCalls {
  return {
    readTrace: (traceId) => ask('readTrace', traceId),
    readSpan: (traceId, spanId) => ask('readSpan', { traceId, spanId }),
    skeletonAnswer: async (traceId) => buffer(await ask('skeletonAnswer', traceId)),
    traceAnswer: async (traceId) => buffer(await ask('traceAnswer', traceId)),
    traceBytes: async (traceId) => buffer(await ask('traceBytes', traceId)),
    traceJson: async (traceId, form) => buffer(await ask('traceJson', { traceId, form })),
    orphanCounts: (traceIds) => ask('orphanCounts', traceIds),
  }
}

const buffer = (bytes: Uint8Array | undefined): Buffer | undefined => bytes && asBuffer(bytes)
