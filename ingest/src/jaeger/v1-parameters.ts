// Parameters of Jaeger's v1 API: times are Unix microseconds (of dependencies milliseconds), durations Go's, tags a JSON
// object (`tags`) or key:value (`tag`), both as often as wanted. Throws RequestFault `parameter_invalid`.
import { goDurationOf } from '../go-values/duration.ts'
import { refused } from '../go-values/parameters.ts'
import type { Parameters } from '../go-values/parameters.ts'
import { unixOf } from '../go-values/time.ts'
import { traceIdOrBase64Of } from '../go-values/trace-id.ts'
import { attributesOf } from './attribute-map.ts'
import type { JaegerSearch } from './trace-search.ts'
import { searchLimit } from './v3-parameters.ts'

const microsecondNano = 1_000n
const millisecondNano = 1_000_000n
const dayNano = 86_400_000_000_000n
/** Jaeger's own. */
const usualLookback = 2n * dayNano
const usualDependencyLookback = dayNano

const microseconds = (text: string): bigint | undefined => unixOf(text, microsecondNano)
const milliseconds = (text: string): bigint | undefined => unixOf(text, millisecondNano)

export function v1Search(parameters: Parameters, nowNano: bigint): JaegerSearch {
  const durationForm = 'a duration such as 1.5s'
  const end = parameters.read('end', microseconds, 'Unix microseconds') ?? nowNano
  const durationMin = parameters.read('minDuration', goDurationOf, durationForm)
  const durationMax = parameters.read('maxDuration', goDurationOf, durationForm)
  if (durationMin !== undefined && durationMax !== undefined && durationMin > durationMax) {
    throw refused('maxDuration', parameters.text('maxDuration') ?? '', 'it must not be below minDuration')
  }
  return {
    service: parameters.text('service'),
    operation: parameters.text('operation'),
    attributes: tagsOf(parameters),
    start: parameters.read('start', microseconds, 'Unix microseconds') ?? end - usualLookback,
    end,
    durationMin,
    durationMax,
    limit: searchLimit(parameters.count('limit', { min: 0, max: 2 ** 31 - 1 }) ?? 0),
  }
}

function tagsOf(parameters: Parameters): (readonly [string, string])[] {
  const maps = parameters.all('tags').flatMap((text) => {
    const tags = attributesOf(text)
    if (tags === undefined) throw refused('tags', text, 'it must be a JSON object of strings')
    return tags
  })
  const pairs = parameters.all('tag').map((text) => {
    const at = text.indexOf(':')
    if (at < 1) throw refused('tag', text, 'it must be key:value')
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  return [...maps, ...pairs]
}

/** Instead of a search. */
export function v1TraceIds(parameters: Parameters): string[] {
  return parameters.all('traceID').map((text) => {
    const traceId = traceIdOrBase64Of(text)
    if (traceId === undefined) throw refused('traceID', text, 'it must be up to 32 hex digits')
    return traceId
  })
}

export function v1DependencyRange(parameters: Parameters, nowNano: bigint): { start: bigint; end: bigint } {
  const end = parameters.read('endTs', milliseconds, 'Unix milliseconds') ?? nowNano
  const lookback = parameters.read('lookback', milliseconds, 'milliseconds') ?? usualDependencyLookback
  return { start: lookback < end ? end - lookback : 0n, end }
}
