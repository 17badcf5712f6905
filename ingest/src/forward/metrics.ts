// Forwarding for Prometheus, by destination: what became of spans, how far it is behind, retries. Read from the store when
// somebody asks, once for all of them.
import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { DestinationState, DestinationStore } from '../store/destination-store.ts'
import type { Forward } from './forward.ts'

export type DestinationMetricsParts = { forward: Forward; store: Pick<DestinationStore, 'destinations'> }

/** All metrics of one answer are collected within this. */
const answerMs = 500

export function addDestinationMetrics(
  registry: Registry,
  prefix: string,
  { forward, store }: DestinationMetricsParts,
): void {
  let asked = { atMs: Number.NEGATIVE_INFINITY, states: Promise.resolve<DestinationState[]>([]) }
  const states = async (): Promise<DestinationState[]> => {
    if (forward.destinations.length === 0) return []
    const nowMs = performance.now()
    if (nowMs - asked.atMs > answerMs) asked = { atMs: nowMs, states: store.destinations(forward.choices) }
    return asked.states
  }
  const registers = [registry]
  const spans = new Counter({
    name: `${prefix}destination_spans_total`,
    help: 'Spans that a destination got, refused, was too far behind for; refused ones that are not kept any more',
    labelNames: ['destination', 'outcome'],
    registers,
    async collect() {
      const found = await states()
      spans.reset()
      for (const { destination, spansSent, spansRefused, spansSkipped, spansDropped } of found) {
        spans.inc({ destination, outcome: 'sent' }, spansSent)
        spans.inc({ destination, outcome: 'refused' }, spansRefused)
        spans.inc({ destination, outcome: 'skipped' }, spansSkipped)
        spans.inc({ destination, outcome: 'dropped' }, spansDropped)
      }
    },
  })
  const retries = new Counter({
    name: `${prefix}destination_retries_total`,
    help: 'Deliveries to a destination that had to be tried again',
    labelNames: ['destination'],
    registers,
    collect() {
      retries.reset()
      for (const { name } of forward.destinations) {
        retries.inc({ destination: name }, forward.stateOf(name)?.retries ?? 0)
      }
    },
  })
  const addGauge = (name: string, help: string, valueOf: (state: DestinationState) => number): void => {
    const gauge = new Gauge({
      name: `${prefix}destination_${name}`,
      help,
      labelNames: ['destination'],
      registers,
      async collect() {
        const found = await states()
        gauge.reset()
        for (const state of found) gauge.set({ destination: state.destination }, valueOf(state))
      },
    })
  }
  addGauge('lag_spans', 'Spans stored and not yet sent', ({ spansBehind }) => spansBehind)
  addGauge('lag_bytes', 'Their bytes, as stored', ({ bytesBehind }) => bytesBehind)
  addGauge('lag_seconds', 'Since the oldest of them came', ({ oldestMs }) =>
    oldestMs === undefined ? 0 : Math.max(0, Date.now() - oldestMs) / 1_000,
  )
  addGauge('set_aside_spans', 'Spans that were refused and are kept', ({ setAside }) => setAside.spans)
  addGauge('set_aside_bytes', 'Bytes of batches that are kept for them', ({ setAside }) => setAside.bytes)
}
