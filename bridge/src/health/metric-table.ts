// Which metric each number of the bridge's report is. A number that is added to the report and not here does not
// compile; a test holds that each of them is served.
import type { BridgeReport } from '../report.ts'

export type Metric = {
  type: 'counter' | 'gauge'
  /** After `probespan_bridge_`. Rows of one name differ by their labels, and have the same help. */
  name: string
  help: string
  labels?: Readonly<Record<string, string>>
}

const counter = (name: string, help: string, labels?: Metric['labels']): Metric => ({
  type: 'counter',
  name,
  help,
  ...(labels && { labels }),
})
const gauge = (name: string, help: string): Metric => ({ type: 'gauge', name, help })

const events = 'Events read from bpftrace, by phase.'
const keyless = 'Events with an empty key, which match nothing, by phase.'
const rejected = 'Spans that the receiver rejected, by whether it refused the whole request.'
const dropped = 'Spans dropped before they were delivered, by cause.'

export const metricTable: Readonly<Record<keyof BridgeReport, Metric>> = {
  starts: counter('events_total', events, { phase: 'start' }),
  ends: counter('events_total', events, { phase: 'end' }),
  paired: counter('spans_total', 'Spans made, by what of.', { of: 'pair' }),
  points: counter('spans_total', 'Spans made, by what of.', { of: 'point' }),
  expired: counter('expired_total', 'Starts given up because their end did not come in time.'),
  superseded: counter('superseded_total', 'Starts ended by a new start of their key.'),
  evicted: counter('evicted_total', 'Starts given up because too many were open.'),
  processEnded: counter('process_ended_total', 'Starts that were open when their process ended.'),
  tracingEnded: counter('tracing_ended_total', 'Starts that were open when nothing traced them any more.'),
  orphaned: counter('orphaned_total', 'Ends that no open start matches.'),
  orphanedInKernel: counter('kernel_orphaned_total', 'Ends that found no start in the kernel.'),
  supersededInKernel: counter(
    'kernel_superseded_total',
    'Starts replaced in the kernel by one of their key.',
  ),
  unstoredInKernel: counter(
    'kernel_unstored_total',
    'Starts that found no room in the kernel, which make no span.',
  ),
  keylessStarts: counter('keyless_total', keyless, { phase: 'start' }),
  keylessEnds: counter('keyless_total', keyless, { phase: 'end' }),
  parentless: counter('parentless_total', 'Spans within another of which none was open.'),
  spanless: counter('spanless_events_total', 'Events of a span of which none was open.'),
  held: gauge('held_ends', 'Ends that wait for a start that may still come.'),
  lost: counter(
    'lost_events_total',
    'Events lost in the kernel, by the program’s own counts; a script’s as far as bpftrace reports them.',
  ),
  open: gauge('open_starts', 'Starts that wait for their end.'),
  reportedLost: counter(
    'reported_lost_events_total',
    'Lines of the program lost in the kernel, as far as bpftrace reports it.',
  ),
  malformed: counter('malformed_total', 'Records of bpftrace that are no events though they should be.'),
  overlongLines: counter('overlong_lines_total', 'Lines of bpftrace that were too long to be read.'),
  late: counter('late_events_total', 'Events that came after a later one had been passed on.'),
  bpftraceRestarts: counter(
    'bpftrace_restarts_total',
    'How often bpftrace was started again after it ended by itself.',
  ),
  exported: counter('exported_spans_total', 'Spans that the receiver took.'),
  refused: counter('rejected_spans_total', rejected, { cause: 'request_refused' }),
  partlyRejected: counter('rejected_spans_total', rejected, { cause: 'partial_success' }),
  droppedQueueFull: counter('dropped_spans_total', dropped, { cause: 'queue_full' }),
  droppedSpoolFull: counter('dropped_spans_total', dropped, { cause: 'spool_full' }),
  droppedDamaged: counter('dropped_spans_total', dropped, { cause: 'spool_damaged' }),
  droppedOversized: counter('dropped_spans_total', dropped, { cause: 'oversized' }),
  droppedAtEnd: counter('dropped_spans_total', dropped, { cause: 'shutdown' }),
  exportErrors: counter('export_errors_total', 'Attempts to deliver that failed.'),
  recovered: counter('recovered_spans_total', 'Spans of an earlier run that were found in the spool.'),
  tornRecords: counter('spool_torn_batches_total', 'Batches in the spool that were not written whole.'),
  queuedSpans: gauge('queued_spans', 'Spans in memory that are not delivered yet.'),
  queuedBytes: gauge('queued_bytes', 'Bytes of encoded batches in memory.'),
  spooledSpans: gauge('spooled_spans', 'Spans on disk that are not delivered yet.'),
  spooledBytes: gauge('spooled_bytes', 'Bytes of the spool on disk.'),
  clockErrorSeconds: gauge(
    'clock_offset_error_seconds',
    'How far the spans’ Unix times may be from the kernel’s own; 0 in a replay.',
  ),
}
