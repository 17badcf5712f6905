// Parameters of Jaeger's v3 API over HTTP, in both spellings (`query.serviceName`, and of before `query.service_name`), to
// a search. Times are RFC 3339, durations Go's. Throws RequestFault `parameter_invalid`.
import { RequestFault } from '../faults.ts'
import { goDurationOf } from '../go-values/duration.ts'
import { refused } from '../go-values/parameters.ts'
import type { Parameters } from '../go-values/parameters.ts'
import { rfc3339Of } from '../go-values/time.ts'
import { attributesOf } from './attribute-map.ts'
import { tracesMax, usualTraces } from './trace-search.ts'
import type { JaegerSearch } from './trace-search.ts'

const timeForm = 'a time as RFC 3339 writes it, 2026-01-31T12:00:00Z'
const durationForm = 'a duration such as 1.5s'

/** `query.serviceName` and `query.service_name`. */
const spellings = (name: string): string[] => [
  `query.${name}`,
  `query.${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
]

export function v3Search(parameters: Parameters): JaegerSearch {
  const filter = parameters.text('query.filter')
  if (filter !== undefined) throw filterUnsupported()
  const start = parameters.read(spellings('startTimeMin'), rfc3339Of, timeForm)
  const end = parameters.read(spellings('startTimeMax'), rfc3339Of, timeForm)
  if (start === undefined || end === undefined) {
    throw new RequestFault('parameter_invalid', 'query.startTimeMin and query.startTimeMax are required.')
  }
  if (start >= end) {
    const text = parameters.text(...spellings('startTimeMin')) ?? ''
    throw refused('query.startTimeMin', text, 'it must be before query.startTimeMax')
  }
  const depths = [...spellings('searchDepth'), 'query.num_traces']
  const depth = parameters.count(depths, { min: 0, max: 2 ** 31 - 1 }) ?? 0
  // Read, so that a mistake is told; traces are always as they were sent.
  parameters.flag(spellings('rawTraces'))
  return {
    service: parameters.text(...spellings('serviceName')),
    operation: parameters.text(...spellings('operationName')),
    attributes: parameters.read('query.attributes', attributesOf, 'a JSON object of strings') ?? [],
    start,
    end,
    durationMin: parameters.read(spellings('durationMin'), goDurationOf, durationForm),
    durationMax: parameters.read(spellings('durationMax'), goDurationOf, durationForm),
    limit: searchLimit(depth),
  }
}

/** A depth, not a promise: more than the page can ask for is cut. 0 is the usual one. */
export const searchLimit = (depth: number): number => (depth <= 0 ? usualTraces : Math.min(depth, tracesMax))

export function filterUnsupported(): RequestFault {
  return new RequestFault(
    'parameter_invalid',
    'query.filter is not supported: use query.attributes, or TraceQL at /tempo/api/search.',
  )
}

/** Of one trace: read so that a mistake is told. The trace is found without them. */
export function readTraceRange(parameters: Parameters): void {
  parameters.read(['startTime', 'start_time'], rfc3339Of, timeForm)
  parameters.read(['endTime', 'end_time'], rfc3339Of, timeForm)
  parameters.flag(['rawTraces', 'raw_traces'])
}

/** Of dependencies. */
export function v3Range(parameters: Parameters): { start: bigint; end: bigint } {
  const start = parameters.read(['startTime', 'start_time'], rfc3339Of, timeForm)
  const end = parameters.read(['endTime', 'end_time'], rfc3339Of, timeForm)
  if (start === undefined || end === undefined || start >= end) {
    throw new RequestFault(
      'parameter_invalid',
      'startTime and endTime are required, and startTime comes first.',
    )
  }
  return { start, end }
}
