// Ingest's own traces: its API's requests (source `http`) and background jobs (`scheduler`), made by OpenTelemetry's SDK
// and stored beside everyone else's. Bounded by spans a second; what is left out is counted. Storing them makes no
// spans. In: what is observed of requests, and runs of jobs; out: spans in the store, some seconds later.
import { ParentBasedSampler, BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions'
import type { KeyRing } from '../access/key-ring.ts'
import type { RequestObserver } from '../asked/observed-requests.ts'
import type { Counters } from '../counters.ts'
import type { SpanChoice } from '../store/destination-store.ts'
import type { Store } from '../store/store.ts'
import type { JobRun } from '../store/job.ts'
import { createJobSpans } from './job-spans.ts'
import { jobScope, ownService, requestScope } from '../tag/own-source.ts'
import { createRateSampler } from './rate-sampler.ts'
import { addRequestSpans } from './request-spans.ts'
import { createStoreExporter } from './store-exporter.ts'
import { createUnixClock } from './unix-clock.ts'

export type OwnTraces = {
  observer: RequestObserver
  addJob(run: JobRun): void
  /** Stores what waits. */
  close(): Promise<void>
}

export type OwnTracesParts = {
  spansPerS: number
  store: Pick<Store, 'append' | 'lastBlock'>
  keys: Pick<KeyRing, 'nameOf' | 'isKey'>
  counters: Counters
  /** By destination; none: it wants everything. */
  choices: Readonly<Record<string, SpanChoice>>
}

/** Own spans of one moment share a commit and a block. */
const storeEveryMs = 1_000
const waitingSpansMax = 2_048
const storedAtOnceMax = 512
const textMax = 1_000

export function createOwnTraces(parts: OwnTracesParts): OwnTraces {
  const { spansPerS, store, keys, counters, choices } = parts
  const exporter = createStoreExporter({ store, counters, onStoring: (spans) => jobs.storing(spans) })
  const rate = createRateSampler(spansPerS, () => counters.ownSpansLeftOut++)
  const charging: SpanProcessor = {
    onStart: () => {},
    onEnd: () => rate.charge(),
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: ownService })),
    // A caller that traces its request decides for us, too, within the rate.
    sampler: new ParentBasedSampler({ root: rate, remoteParentSampled: rate }),
    spanLimits: { attributeValueLengthLimit: textMax },
    spanProcessors: [
      charging,
      new BatchSpanProcessor(exporter, {
        scheduledDelayMillis: storeEveryMs,
        maxQueueSize: waitingSpansMax,
        maxExportBatchSize: storedAtOnceMax,
      }),
    ],
  })
  const requests = provider.getTracer(requestScope)
  const gate = createUseGate(store, counters)
  let requestCount = 0
  const jobs = createJobSpans({
    tracer: provider.getTracer(jobScope),
    causes: () => counters.spansStored + requestCount,
    getsOwn: (destination) => isChosen(choices[destination]),
  })
  const clock = createUnixClock()
  return {
    observer: {
      begin: () => {},
      last: () => {},
      end(request, end) {
        // Its span would be as long as somebody watched.
        if (request.isLasting) return
        const startUnixMs = clock.at(end.endMs) - (end.endMs - request.startMs)
        gate.ifUsed(() => {
          requestCount++
          addRequestSpans({ tracer: requests, keys }, request, end, startUnixMs)
        })
      },
    },
    addJob: (run) => jobs.add(run),
    async close() {
      await gate.settled()
      // What the store refused is counted.
      await provider.shutdown().catch(() => {})
    },
  }
}

/** Runs what is given, but not while the store is empty: it stays so, however often somebody looks into it. */
function createUseGate(
  store: Pick<Store, 'lastBlock'>,
  counters: Pick<Counters, 'spansStored'>,
): { ifUsed: (run: () => void) => void; settled: () => Promise<unknown> } {
  let isUsed = false
  let looking: Promise<unknown> = Promise.resolve()
  const look = async (run: () => void): Promise<void> => {
    isUsed = (await store.lastBlock()) > 0
    if (isUsed) run()
  }
  return {
    ifUsed(run) {
      isUsed ||= counters.spansStored > 0
      if (isUsed) run()
      else looking = Promise.allSettled([looking, look(run)])
    },
    settled: () => looking,
  }
}

function isChosen(choice: SpanChoice | undefined): boolean {
  const { sources, services } = choice ?? {}
  const isSource = sources === undefined || sources.includes('http') || sources.includes('scheduler')
  return isSource && (services === undefined || services.includes(ownService))
}
