// A transport whose attempts end as the test says, and spans with a name of the test's: for what is delivery's own.
// Real receivers are in test/receiver.ts.
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import type { EncodedBatch } from '../src/deliver/encoded-batch.ts'
import type { Outcome, Transport } from '../src/deliver/transport.ts'
import { newTrace, spanIn } from '../src/span/binary-context.ts'
import { readableSpan } from '../src/span/readable-span.ts'
import { decodeTraces } from './otlp-decode.ts'
import { probeEvent, spanDefinition } from './probe-events.ts'

export type Attempt = { names: string[]; end(outcome: Outcome): void }

export const taken: Outcome = { kind: 'taken', rejectedSpans: 0, remark: '' }
export const away: Outcome = { kind: 'away', reason: 'connect ECONNREFUSED' }
export const refused: Outcome = { kind: 'refused', reason: '400 Bad Request' }

export class SteeredTransport implements Transport {
  readonly attempts: Attempt[] = []
  /** What ends each attempt; undefined: the test ends it. */
  answer: ((names: string[]) => Outcome | Promise<Outcome>) | undefined
  isClosed = false

  async send(batch: EncodedBatch): Promise<Outcome> {
    const names = namesIn(batch)
    let end: (outcome: Outcome) => void = () => undefined
    const ended = new Promise<Outcome>((resolve) => (end = resolve))
    this.attempts.push({ names, end })
    return this.answer ? this.answer(names) : ended
  }

  close(): void {
    this.isClosed = true
  }
}

export const namesIn = (batch: EncodedBatch): string[] => decodeTraces(batch.bytes).map((span) => span.name)

const resource = resourceFromAttributes({})
const context = spanIn(
  newTrace(() => 1),
  1,
  () => 1,
)

export function spanNamed(name: string): ReadableSpan {
  const definition = spanDefinition({ id: name })
  const start = probeEvent({ span: definition })
  return readableSpan(
    {
      definition,
      start,
      end: start,
      context,
      parent: undefined,
      incomplete: undefined,
      events: [],
      nearLoss: false,
    },
    resource,
  )
}
