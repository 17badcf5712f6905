// The shapes that ingest's own JSON API takes and answers with: what the explorer and the command line read.
// Times and durations are nanoseconds as decimal strings (they do not fit a JSON number), times since the Unix
// epoch. Attribute values are OTLP/JSON `AnyValue`s, so that an integer stays an integer and bytes stay bytes.
// Ids are lower-case hex: 32 digits for a trace, 16 for a span.
import { z } from 'zod'

export * from './wire/span.ts'
export * from './wire/asked.ts'
export * from './wire/traces.ts'
export * from './wire/lists.ts'
export * from './wire/figures.ts'
export * from './wire/forward.ts'
export * from './wire/tail.ts'

/** Body of every 4xx and 5xx of the API: what happened, with the value, and what to do. */
export const apiError = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .meta({ id: 'Fault' })
export type ApiError = z.infer<typeof apiError>
