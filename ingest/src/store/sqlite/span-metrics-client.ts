// Span metrics as the rest of the store sees them: a thread that counts, started a while after the store, or when it is
// asked for something. In: the path, the writing thread, settings; out: calls to it.
import { MessageChannel } from 'node:worker_threads'
import type { SpanMetricsSettings } from '../../spanmetrics/span-metrics.ts'
import type { Format } from '../../spanmetrics/text.ts'
import { StoreFault } from '../store.ts'
import { callsTo } from './calls.ts'
import type { Caller } from './calls.ts'
import type { CountingFailed, SpanMetricsCalls, SpanMetricsData } from './span-metrics-thread.ts'
import { startThread } from './thread.ts'
import type { WriterCalls } from './writer-thread.ts'

/** Starting takes CPU that the service's own start needs. */
const startAfterMs = 1_000

export type SpanMetricsClient = {
  text: (format: Format, waitMs: number) => Promise<Uint8Array>
  otlp: (waitMs: number) => Promise<Uint8Array[]>
  settle: (waitMs: number) => Promise<void>
  close: () => Promise<void>
}

export type SpanMetricsParts = {
  path: string
  write: Caller<WriterCalls>
  settings: SpanMetricsSettings
  onFailed: (reason: string) => void
}

export function createSpanMetricsClient({
  path,
  write,
  settings,
  onFailed,
}: SpanMetricsParts): SpanMetricsClient {
  let started: { call: Caller<SpanMetricsCalls>; expectEnd: () => void } | undefined
  const timer = setTimeout(start, startAfterMs).unref()

  function start(): Caller<SpanMetricsCalls> {
    clearTimeout(timer)
    if (started !== undefined) return started.call
    const { port1, port2 } = new MessageChannel()
    void write('serveSpanMetrics', port1, [port1])
    const data: SpanMetricsData = { path, writer: port2, settings }
    const { worker, expectEnd } = startThread('./span-metrics-thread.ts', 'counts spans', data, [port2])
    worker.on('message', (message: CountingFailed | object) => {
      if ('countingFailed' in message) onFailed(message.countingFailed)
    })
    started = { call: callsTo<SpanMetricsCalls>(worker), expectEnd }
    return started.call
  }

  return {
    async text(format, waitMs) {
      const found = await start()('text', { format, waitMs })
      if (typeof found === 'string') throw notReady(found)
      return found
    },
    async otlp(waitMs) {
      const found = await start()('otlp', waitMs)
      if (typeof found === 'string') throw notReady(found)
      return found
    },
    settle: (waitMs) => start()('settle', waitMs),
    async close() {
      clearTimeout(timer)
      started?.expectEnd()
      await started?.call('close', undefined)
    },
  }
}

const notReady = (reason: string): StoreFault =>
  new StoreFault(
    'metrics_not_ready',
    `there are no metrics from spans yet: ${reason}. Ask again in a moment.`,
  )
