// What the store answers as the API shows it: bigints in decimal, values as OTLP/JSON, absent instead of undefined. Pure.
import type { Answered } from '../store/questions.ts'
import type { Static } from '../traceql/ast.ts'
import type { AnyValue, TracesAnswer } from '../wire.ts'

type AnsweredShown = Pick<TracesAnswer, 'inspected' | 'cutShort'>

export function shownAnswered({ inspected, cutShort }: Answered): AnsweredShown {
  return { inspected, ...(cutShort !== undefined && { cutShort }) }
}

/** Durations are nanoseconds; statuses and kinds are their names. */
export function shownValue(value: Static): AnyValue {
  switch (value.type) {
    case 'string':
      return { stringValue: value.value }
    case 'int':
      return { intValue: String(value.value) }
    case 'float':
      return { doubleValue: shownDouble(value.value) }
    case 'boolean':
      return { boolValue: value.value }
    case 'duration':
      return { intValue: String(value.nano) }
    case 'status':
      return { stringValue: value.status }
    case 'kind':
      return { stringValue: value.kind }
    case 'nil':
      return {}
  }
}

function shownDouble(value: number): NonNullable<AnyValue['doubleValue']> {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return value
  return value > 0 ? 'Infinity' : '-Infinity'
}

/** JSON has neither NaN nor infinity. */
export const shownNumber = (value: number): number | null => (Number.isFinite(value) ? value : null)

export const shownNano = (value: number): string => String(Math.max(0, Math.round(value)))
