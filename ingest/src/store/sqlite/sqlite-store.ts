// The SQLite engine behind the store interface: one database file; a thread that writes, threads that read, one that
// keeps order, and here only what passes between them and the callers. In: a path and bounds; out: a Store.
import type { SpanMetricsSettings } from '../../spanmetrics/span-metrics.ts'
import type { JobRun } from '../job.ts'
import type { Retention } from '../retention.ts'
import type { SpanMetricsStore } from '../span-metrics-store.ts'
import type { Store } from '../store.ts'
import { callsTo } from './calls.ts'
import type { Caller } from './calls.ts'
import { CommitQueue } from './commit-queue.ts'
import { prepareDatabase } from './database.ts'
import { asBuffer, destinationCalls } from './destination-calls.ts'
import { questionCalls } from './query/question-calls.ts'
import { LogFlush, onDisk } from './log-flush.ts'
import { createReaderPool } from './reader-pool.ts'
import type { ReadCost } from './reader-pool.ts'
import { createSpanMetricsClient } from './span-metrics-client.ts'
import type { SpanMetricsClient, SpanMetricsParts } from './span-metrics-client.ts'
import type { ReaderCalls } from './reader-thread.ts'
import { startThread } from './thread.ts'
import { traceCalls } from './trace-calls.ts'
import { createUpkeepClient } from './upkeep-client.ts'
import type { WriterCalls } from './writer-thread.ts'

export type SqliteStoreOptions = {
  /** Without it everything is kept. */
  retention?: Retention
  /** The upkeep goes on later by itself. */
  onUpkeepFailed?: (reason: string) => void
  /** Something was read, in the asker's own async context. */
  onRead?: (cost: ReadCost) => void
  /** A job of the upkeep has done something. */
  onUpkeepDone?: (run: JobRun) => void
  /** `off`: what was counted before is forgotten. Without either nothing is counted now. */
  spanMetrics?: SpanMetricsSettings | 'off'
  /** Counting goes on later by itself. */
  onCountingFailed?: (reason: string) => void
}

/** For spans that came just before to be counted. */
const dependenciesWaitMs = 500

const ignore = (): void => {}
const everything: Retention = { ageMs: undefined, bytes: undefined, rules: [] }

/** `queueBytesMax` bounds what waits to be written. Throws StoreUnusable. */
export function openSqliteStore(
  path: string,
  queueBytesMax: number,
  options: SqliteStoreOptions = {},
): Store {
  prepareDatabase(path)
  const writing = startThread('./writer-thread.ts', 'writes the store', path)
  const write = callsTo<WriterCalls>(writing.worker)
  const readers = createReaderPool(path, options.onRead ?? ignore)
  const upkeep = createUpkeepClient({
    path,
    write,
    retention: options.retention ?? everything,
    onFailed: options.onUpkeepFailed ?? ignore,
    onDone: options.onUpkeepDone ?? ignore,
  })
  const counting = openSpanMetrics({
    path,
    write,
    settings: options.spanMetrics,
    onFailed: options.onCountingFailed ?? ignore,
  })
  const log = new LogFlush(path)
  const queue = new CommitQueue(
    (chunks, moved) => write('commit', chunks, moved),
    () => log.flushed(),
    queueBytesMax,
  )
  return {
    append: (batch) => queue.append(batch),
    findTraces: (filter) => readers.ask('findTraces', filter),
    ...traceCalls(readers.ask),
    services: () => readers.ask('services', undefined),
    stats: () => readers.ask('stats', undefined),
    ...questionCalls(readers),
    onCommit: (listener) => queue.onCommit(listener),
    async blockAfter(blockId) {
      const block = await readers.ask('blockAfter', blockId)
      return block === undefined ? undefined : { ...block, body: asBuffer(block.body) }
    },
    ...destinationCalls(readers.ask, onDisk(write, log)),
    ...spanMetricsCalls(counting, readers.ask),
    compact: () => upkeep.compact(),
    async close() {
      await queue.flush()
      await readers.close()
      await counting?.close()
      await upkeep.close()
      await log.close()
      writing.expectEnd()
      await write('close', undefined)
    },
  }
}

function spanMetricsCalls(
  counting: SpanMetricsClient | undefined,
  ask: Caller<ReaderCalls>,
): SpanMetricsStore & Pick<Store, 'dependencies'> {
  return {
    spanMetricsText: async (format, waitMs) => counting?.text(format, waitMs),
    spanMetricsOtlp: async (waitMs) => counting?.otlp(waitMs),
    async dependencies(question) {
      await counting?.settle(dependenciesWaitMs)
      return ask('dependencies', question)
    },
  }
}

function openSpanMetrics({
  settings,
  ...parts
}: Omit<SpanMetricsParts, 'settings'> & { settings: SqliteStoreOptions['spanMetrics'] }):
  SpanMetricsClient | undefined {
  if (settings === 'off') void parts.write('forgetSpanMetrics', undefined)
  return settings === undefined || settings === 'off'
    ? undefined
    : createSpanMetricsClient({ settings, ...parts })
}
