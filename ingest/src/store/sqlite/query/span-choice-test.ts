// Whether spans are of those that a question counts (service, source, name, kind, status), told by a block's row, by a
// group of its rollup, or by its columns. In: a SpanChoiceQuestion; out: yes or no.
import { kindOf, statusOf } from '../../../otlp/span-heads.ts'
import { spanKind, statusCode, traceSource } from '../../../wire.ts'
import type { SpanChoiceQuestion } from '../../questions.ts'
import { sourcesOf } from '../../store.ts'
import { cutName } from '../columns.ts'
import type { Columns } from '../columns.ts'
import { sourceMask } from '../sources.ts'
import type { BlockRow } from '../block-directory.ts'
import type { Rollup } from './rollup.ts'

const anyBit = 0xff

export type SpanChoiceTest = {
  /** False only where no span of the block fits. */
  mayHold(row: BlockRow): boolean
  fitsGroup(rollup: Rollup): (group: number) => boolean
  fitsSpan(columns: Columns): (span: number) => boolean
}

type Facts = Pick<Columns, 'source' | 'flags' | 'service' | 'name'> & {
  services: readonly string[]
  names: readonly string[]
}

export function createSpanChoice(choice: SpanChoiceQuestion): SpanChoiceTest {
  const sources = sourceMask(choice.source === undefined ? traceSource.options : sourcesOf(choice.source))
  const kinds = choice.kind === undefined ? anyBit : 1 << spanKind.options.indexOf(choice.kind)
  const statuses = choice.status === undefined ? anyBit : 1 << statusCode.options.indexOf(choice.status)
  const service = choice.service === undefined ? undefined : cutName(choice.service)
  const name = choice.name === undefined ? undefined : cutName(choice.name)
  const fits = (facts: Facts): ((at: number) => boolean) => {
    // Names that were cut may be equal: each of them fits.
    const services = service === undefined ? undefined : facts.services.map((one) => one === service)
    const names = name === undefined ? undefined : facts.names.map((one) => one === name)
    return (at) => {
      const flags = facts.flags[at] ?? 0
      return (
        (sources & (1 << (facts.source[at] ?? 0))) !== 0 &&
        (kinds & (1 << kindOf(flags))) !== 0 &&
        (statuses & (1 << statusOf(flags))) !== 0 &&
        (services === undefined || services[facts.service[at] ?? 0] === true) &&
        (names === undefined || names[facts.name[at] ?? 0] === true)
      )
    }
  }
  return {
    mayHold: (row) =>
      (row.sources & sources) !== 0 && (row.kinds & kinds) !== 0 && (row.statuses & statuses) !== 0,
    fitsGroup: fits,
    fitsSpan: fits,
  }
}
