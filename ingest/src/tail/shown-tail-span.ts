// A span of a tail as its event shows it. Texts of fields are cut, so that no span is much larger than another. Pure.
import { shownValue } from '../query/shown.ts'
import type { TailFound } from '../store/questions.ts'
import type { Static } from '../traceql/ast.ts'
import { fieldName } from '../traceql/print.ts'
import type { TailSpan } from '../wire.ts'

/** Letters, as those of names. */
const textMax = 1_024

export function shownTailSpan(span: TailFound['spans'][number]): TailSpan {
  const { traceId, spanId, name, kind, startUnixNano, durationNano, status, source, service, fields } = span
  return {
    traceId,
    spanId,
    name,
    kind,
    startUnixNano: String(startUnixNano),
    durationNano: String(durationNano),
    status: { code: status },
    source,
    service,
    fields: fields.map(({ field, value }) => ({ key: fieldName(field), value: shownValue(cut(value)) })),
  }
}

function cut(value: Static): Static {
  if (value.type !== 'string' || value.value.length <= textMax) return value
  return { type: 'string', value: value.value.slice(0, textMax) }
}
