// Sends metrics from spans to an OTLP receiver, in intervals, and at the end once more. In: the store's metrics as OTLP,
// where to send them; out: requests. They are cumulative: what does not arrive is in the next one, so that nothing is kept
// for a receiver that is away.
import type { Logger } from 'pino'
import { openHttpTransport } from '../forward/http-transport.ts'
import { waitMs } from '../forward/retry-delay.ts'
import type { Delivery, Transport } from '../forward/transport.ts'
import { anyLag, everySpan, usualDestination, usualTls } from '../forward/destination.ts'
import type { SpanMetricsStore } from '../store/span-metrics-store.ts'
import type { MetricsPush } from './push-settings.ts'

export type Push = {
  start: () => void
  /** Sends what was counted until now, if the receiver takes it at once. */
  close: () => Promise<void>
}

export type PushParts = MetricsPush & { store: Pick<SpanMetricsStore, 'spanMetricsOtlp'>; log: Logger }

/** For what came just before to be counted. */
const countWaitMs = 2_000
const closeTimeoutMs = 2_000

export function createPush({ endpoint, headers, intervalMs, store, log }: PushParts): Push {
  const transport = openTransport({ endpoint, headers })
  const ending = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let attempt = 0

  async function round(): Promise<void> {
    const failed = await pushOnce(store, transport, ending.signal)
    if (ending.signal.aborted) return
    let nextMs = intervalMs
    if (failed === undefined) {
      if (attempt > 0) log.info('metrics are pushed again')
      attempt = 0
    } else {
      if (attempt === 0)
        log.warn({ reason: failed.reason }, 'metrics could not be pushed; the next ones hold them too')
      // What is refused will be refused again: then there is no hurry.
      const isSoon = failed.verdict === 'later' || failed.verdict === 'failed'
      nextMs = Math.min(intervalMs, waitMs(attempt, failed.waitMs, Math.random()))
      if (!isSoon) nextMs = intervalMs
      attempt++
    }
    schedule(nextMs)
  }

  function schedule(ms: number): void {
    timer = setTimeout(() => {
      running = round()
    }, ms)
  }

  return {
    start: () => schedule(intervalMs),
    async close() {
      clearTimeout(timer)
      ending.abort()
      await running
      await pushOnce(store, transport, AbortSignal.timeout(closeTimeoutMs))
      transport.close()
    },
  }
}

type Failed = Exclude<Delivery, { verdict: 'taken' }>

/** Undefined: all was taken. */
async function pushOnce(
  store: Pick<SpanMetricsStore, 'spanMetricsOtlp'>,
  transport: Transport,
  aborted: AbortSignal,
): Promise<Failed | undefined> {
  let bodies: Uint8Array[]
  try {
    bodies = (await store.spanMetricsOtlp(countWaitMs)) ?? []
  } catch (error) {
    return { verdict: 'later', reason: error instanceof Error ? error.message : String(error) }
  }
  for (const body of bodies) {
    if (aborted.aborted) return { verdict: 'later', reason: 'the service ends' }
    const { buffer, byteOffset, byteLength } = body
    const delivery = await transport.send(Buffer.from(buffer, byteOffset, byteLength), aborted)
    if (delivery.verdict !== 'taken') return delivery
  }
  return undefined
}

/** As to a destination of spans; nothing of it that is about spans matters here. */
function openTransport({ endpoint, headers }: Pick<MetricsPush, 'endpoint' | 'headers'>): Transport {
  return openHttpTransport({
    ...usualDestination,
    name: 'metrics',
    protocol: 'http/protobuf',
    endpoint,
    headers,
    compression: 'gzip',
    tls: usualTls,
    choice: everySpan,
    lagLimit: anyLag,
  })
}
