// Ends of ingest's own spans: as OTLP protobuf straight into the store, the way that requests of senders take behind the
// receiver. Makes no spans, counts what it stored and what was lost, and tells beforehand how many come.
import { ExportResultCode } from '@opentelemetry/core'
import type { ExportResult } from '@opentelemetry/core'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Counters } from '../counters.ts'
import { intakeOf } from '../receive/intake.ts'
import type { Store } from '../store/store.ts'
import { ownRules } from '../tag/own-source.ts'

export type StoreExporterParts = {
  store: Pick<Store, 'append'>
  counters: Pick<Counters, 'ownSpans' | 'ownSpansLost'>
  /** Before they can be seen in the store. */
  onStoring: (spans: number) => void
}

const tagging = { ownRules, binding: { source: undefined, namespace: undefined } }

export function createStoreExporter({ store, counters, onStoring }: StoreExporterParts): SpanExporter {
  const storeAll = async (
    spans: readonly ReadableSpan[],
    done: (result: ExportResult) => void,
  ): Promise<void> => {
    try {
      const body = Buffer.from(ProtobufTraceSerializer.serializeRequest([...spans]) ?? [])
      const { batch } = intakeOf(body, tagging)
      onStoring(batch.spanCount)
      await store.append(batch)
      counters.ownSpans += batch.spanCount
      done({ code: ExportResultCode.SUCCESS })
    } catch (error) {
      counters.ownSpansLost += spans.length
      done({
        code: ExportResultCode.FAILED,
        error: error instanceof Error ? error : new Error(String(error)),
      })
    }
  }
  return {
    export: (spans, done) => void storeAll(spans, done),
    shutdown: async () => {},
  }
}
