// What questions to the API share: which spans count, the range of time, and what an answer says of itself.
import { z } from 'zod'
import { signedNanoseconds, sourceFilter, spanKind, statusCode, unsignedNanoseconds } from './span.ts'

const nonEmpty = z.string('must be given once').min(1, 'must not be empty')

/** Unix nanoseconds of spans' starts. */
export const timeRange = {
  start: unsignedNanoseconds.optional().describe('Earliest span start, Unix nanoseconds, inclusive.'),
  end: unsignedNanoseconds.optional().describe('Latest span start, Unix nanoseconds, exclusive.'),
}

/** Which spans count: all of it must fit. */
export const spanChoice = {
  service: nonEmpty.optional().describe('The service of the span.'),
  source: sourceFilter.optional().describe('Who sent the span; `ebpf` is `beyla` and `bpftrace` together.'),
  name: nonEmpty.optional().describe("The span's name: its operation."),
  kind: spanKind.optional(),
  status: statusCode.optional(),
}

const attributesMax = 20

/** The forms of an attribute's filter, as the API's documentation tells them. */
export const attributeForms =
  'Of the span or its resource; may be repeated, all must hold: `key=value` (`200` finds the string and the number, ' +
  '`true` the string and the boolean), `key!=value` (it is there and another), `key=~regex`, `key!~regex` (of the whole ' +
  'text), `key<5`, `key<=5`, `key>5`, `key>=5` (numbers), `key?` (it is there), `!key` (it is not).'

export const attributeFilters = z
  .union([z.string(), z.array(z.string()).max(attributesMax)], `must be given ${attributesMax} times at most`)
  .transform((given) => (typeof given === 'string' ? [given] : given))
  .optional()
  .describe(attributeForms)

/** The choice, and what only single spans have. */
export const spanFilters = {
  ...spanChoice,
  durationMin: signedNanoseconds.optional().describe('Of a span, nanoseconds, inclusive.'),
  durationMax: signedNanoseconds.optional().describe('Of a span, nanoseconds, inclusive.'),
  attribute: attributeFilters,
}

export const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`
  return z.coerce.number(message).int(message).min(min, message).max(max, message)
}

export const traceIdText = z.string().regex(/^[\da-f]{32}$/i, 'must be a trace id: 32 hex digits')
export const spanIdText = z.string().regex(/^[\da-f]{16}$/i, 'must be a span id: 16 hex digits')

/** What was looked at for an answer, and whether it is whole. */
export const answered = {
  inspected: z.object({
    blocks: z.int(),
    blocksTotal: z.int(),
    spans: z.int(),
    bytes: z.int(),
    traces: z.int(),
  }),
  /** Why the answer is not whole and what to do, as a sentence; absent where it is whole. */
  cutShort: z
    .string()
    .exactOptional()
    .describe('Why the answer is not whole and what to do; absent where it is whole.'),
}
