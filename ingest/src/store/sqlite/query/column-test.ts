// A planned condition asked of one block's columns, span by span. In: the plan, the block; out: no, yes, or perhaps, where
// the body must tell.
import { kindOf, statusOf } from '../../../otlp/span-heads.ts'
import type { Static } from '../../../traceql/ast.ts'
import type { Fits } from '../../../traceql/trace-view.ts'
import { framesTold } from '../attribute-filter.ts'
import { traceIdAt } from '../block-reader.ts'
import { nameCharsMax, viewOf } from '../columns.ts'
import type { Columns } from '../columns.ts'
import { kindValue, sourceValue, statusValue } from './planned-condition.ts'
import type { AskFilter, DurationComparison, Leaf, Ordinal, Planned } from './planned-condition.ts'
import type { SpanValues } from './span-values.ts'

export const no = 0
export const yes = 1
export const perhaps = 2
export type Answer = typeof no | typeof yes | typeof perhaps
export type ColumnTest = (span: number) => Answer

export function columnTest(part: Planned, block: SpanValues, ask: AskFilter): ColumnTest {
  switch (part.type) {
    case 'leaf':
      return leafTest(part, block, ask)
    case 'not': {
      const of = columnTest(part.of, block, ask)
      return (span) => {
        const answer = of(span)
        return answer === perhaps ? perhaps : answer === yes ? no : yes
      }
    }
    case 'and':
      return joined(
        part.parts.map((one) => columnTest(one, block, ask)),
        no,
        yes,
      )
    case 'or':
      return joined(
        part.parts.map((one) => columnTest(one, block, ask)),
        yes,
        no,
      )
  }
}

/** One `deciding` answer decides; without one, and without a "perhaps", it is the other. */
function joined(tests: readonly ColumnTest[], deciding: Answer, otherwise: Answer): ColumnTest {
  const [first, second] = tests
  if (first === undefined) return () => otherwise
  if (second === undefined) return first
  return (span) => {
    let answer = otherwise
    for (const test of tests) {
      const one = test(span)
      if (one === deciding) return deciding
      if (one === perhaps) answer = perhaps
    }
    return answer
  }
}

function leafTest(leaf: Leaf, block: SpanValues, ask: AskFilter): ColumnTest {
  const { fits, isKnown, ordinal, duration, hashes } = leaf
  const frames = hashes === undefined ? everyFrame : ask(hashes)
  if (frames === 0) return () => no
  if (duration !== undefined) return durationTest(duration, block.columns)
  if (ordinal !== undefined) return ordinalTest(ordinal, fits, block.columns)
  if (!isKnown) return frames === everyFrame ? () => perhaps : frameTest(frames, block)
  return (span) => (fits((field) => block.values(span, field)) ? yes : no)
}

const everyFrame = 2 ** framesTold - 1

/** Frames that have no such attribute are not unpacked. */
function frameTest(frames: number, block: SpanValues): ColumnTest {
  const firstSpans = block.frameStarts()
  const answers = new Uint8Array(block.columns.spanCount)
  for (const [frame, first] of firstSpans.entries()) {
    const may = (frames >> (frame & (framesTold - 1))) & 1
    answers.fill(may === 1 ? perhaps : no, first, firstSpans[frame + 1])
  }
  return (span) => (answers[span] === perhaps ? perhaps : no)
}

/** In halves of 32 bits: a bigint a span would cost more than all the rest. */
function durationTest(
  { op, nano }: { op: DurationComparison; nano: bigint },
  { duration }: Columns,
): ColumnTest {
  const halves = viewOf(duration)
  const [high, low] = [Number(BigInt.asIntN(32, nano >> 32n)), Number(BigInt.asUintN(32, nano))]
  const compare = (span: number): number =>
    halves.getInt32(span * 8 + 4, true) - high || halves.getUint32(span * 8, true) - low
  const tests: Readonly<Record<DurationComparison, (difference: number) => boolean>> = {
    '=': (difference) => difference === 0,
    '!=': (difference) => difference !== 0,
    '<': (difference) => difference < 0,
    '<=': (difference) => difference <= 0,
    '>': (difference) => difference > 0,
    '>=': (difference) => difference >= 0,
  }
  const test = tests[op]
  return (span) => (test(compare(span)) ? yes : no)
}

function ordinalTest(ordinal: Ordinal, fits: Fits, columns: Columns): ColumnTest {
  const answerFor = (value: Static): Answer => (fits(() => [value]) ? yes : no)
  const text = (value: string): Static => ({ type: 'string', value })
  switch (ordinal) {
    case 'name':
      return byOrdinal(columns.name, columns.names.length, (number) => {
        const name = columns.names[number] ?? ''
        // It may have been cut.
        return name.length >= nameCharsMax ? perhaps : answerFor(text(name))
      })
    case 'service':
      return byOrdinal(columns.service, columns.services.length, (number) =>
        answerFor(text(columns.services[number] ?? '')),
      )
    case 'source':
      return byOrdinal(columns.source, 8, (number) => answerFor(sourceValue(number)))
    case 'trace':
      return byOrdinal(columns.trace, columns.traceIds.length / 16, (number) =>
        answerFor(text(traceIdAt(columns, number))),
      )
    case 'kind':
      return byOrdinal(columns.flags, 64, (flags) => answerFor(kindValue(kindOf(flags))))
    case 'status':
      return byOrdinal(columns.flags, 64, (flags) => answerFor(statusValue(statusOf(flags))))
  }
}

/** Each number is asked once. */
function byOrdinal(
  column: Uint8Array | Uint16Array,
  count: number,
  answerFor: (number: number) => Answer,
): ColumnTest {
  const answers = Array.from({ length: count }, (_, number) => answerFor(number))
  return (span) => answers[column[span] ?? 0] ?? no
}
