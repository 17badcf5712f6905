// One attempt to hand a batch to the receiver, and how it ended. Both transports answer by OTLP's rules; neither ever
// rejects, tries again or waits by itself: that is delivery's, which alone knows what else waits.
import type { EncodedBatch } from './encoded-batch.ts'

/** `code` is a status of HTTP (`401`) or of gRPC (`UNAVAILABLE`), or without an answer the system's (`ECONNREFUSED`). */
export type Outcome =
  /** The receiver has it, but for `rejectedSpans` of its spans; `remark` is its word on that. */
  | { kind: 'taken'; rejectedSpans: number; remark: string }
  /** Refused for good: the same request would be refused again. */
  | { kind: 'refused'; reason: string; code?: string }
  /** Not now. `retryAfterMs` is how long the receiver asks to be left alone. Where the answer was lost, it may have it. */
  | { kind: 'away'; reason: string; code?: string; retryAfterMs?: number }

export type Transport = { send(batch: EncodedBatch): Promise<Outcome>; close(): void }

const reasonCharsMax = 300

/** What a receiver says goes into a line of the log: one line, of bounded length. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, reasonCharsMax)
}
