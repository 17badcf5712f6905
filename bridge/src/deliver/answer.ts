// The body of a receiver's success to how many spans it rejected nevertheless. What cannot be read counts as none:
// the status already said that the request was taken.
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { z } from 'zod'
import { oneLine, type Outcome } from './transport.ts'

/** 64-bit integers are strings in JSON, though not every receiver writes them so. */
const partialSuccess = z.object({
  rejectedSpans: z.coerce.number().int().nonnegative().default(0),
  errorMessage: z.string().default(''),
})
const answerShape = z.object({ partialSuccess: partialSuccess.nullish() })

/** A receiver cannot reject more spans than `spanCount`, whatever it says: the accounts must close. */
export function takenOutcome(body: Buffer, isJson: boolean, spanCount: number): Outcome {
  const partial = answerShape.safeParse(decode(body, isJson)).data?.partialSuccess
  return {
    kind: 'taken',
    rejectedSpans: Math.min(partial?.rejectedSpans ?? 0, spanCount),
    remark: oneLine(partial?.errorMessage ?? ''),
  }
}

function decode(body: Buffer, isJson: boolean): unknown {
  try {
    return isJson ? JSON.parse(body.toString('utf8')) : ProtobufTraceSerializer.deserializeResponse(body)
  } catch {
    return undefined
  }
}
