// Series as Tempo's QueryRangeResponse and QueryInstantResponse. Pure. A step without a value has no sample; times are Unix
// milliseconds.
import type { Message } from '../go-values/message.ts'
import type { Series, SeriesFound } from '../store/questions.ts'
import { searchMetrics } from './search-answer.ts'
import { anyValueOf, keyValueOf } from './static-value.ts'

const partial = 1

export function queryRangeResponse(found: SeriesFound): Message {
  return {
    series: found.series.map(timeSeries).filter(({ samples }) => samples.length > 0),
    ...ending(found),
  }
}

/** One value a series: of the step that is the whole range. */
export function queryInstantResponse(found: SeriesFound): Message {
  return {
    series: found.series.flatMap((series) => {
      const sample = series.samples.find(({ value }) => !Number.isNaN(value))
      return sample === undefined ? [] : [{ labels: labelsOf(series), value: sample.value }]
    }),
    ...ending(found),
  }
}

function timeSeries(series: Series) {
  return {
    labels: labelsOf(series),
    samples: series.samples
      .filter(({ value }) => !Number.isNaN(value))
      .map(({ unixNano, value }) => ({ value, timestampMs: unixNano / 1_000_000n })),
    exemplars: series.exemplars.map(({ unixNano, value, traceId, spanId }) => ({
      labels: [
        keyValueOf('trace:id', { type: 'string', value: traceId }),
        keyValueOf('span:id', { type: 'string', value: spanId }),
      ],
      value,
      timestampMs: unixNano / 1_000_000n,
    })),
  }
}

const labelsOf = ({ labels }: Series): Message[] =>
  labels.map(({ name, value }) => ({ key: name, value: anyValueOf(value) }))

/** `status` and `message` are only there where they say something: older Grafanas do not know them. */
function ending(found: SeriesFound): Message {
  const { cutShort } = found
  return {
    metrics: searchMetrics(found),
    ...(cutShort === undefined ? {} : { status: partial, message: cutShort }),
  }
}
