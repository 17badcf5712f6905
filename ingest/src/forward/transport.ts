// One request to a destination, whichever protocol it speaks: http-transport.ts and grpc-transport.ts are siblings that
// differ only in how they write it and read the answer.
import type { Destination } from './destination.ts'
import { openGrpcTransport } from './grpc-transport.ts'
import { openHttpTransport } from './http-transport.ts'
import type { Verdict } from './verdict.ts'

export type Delivery =
  | { verdict: 'taken'; spansRejected: number; message: string }
  | {
      verdict: Exclude<Verdict, 'taken'>
      /** One line. */
      reason: string
      /** What the destination asked to wait. */
      waitMs?: number | undefined
    }

export type Transport = {
  /** An OTLP protobuf body. Never rejects; takes at most the destination's `timeoutMs`, or until `aborted`. */
  send(body: Buffer, aborted: AbortSignal): Promise<Delivery>
  close(): void
}

export function openTransport(destination: Destination): Transport {
  return destination.protocol === 'grpc' ? openGrpcTransport(destination) : openHttpTransport(destination)
}
