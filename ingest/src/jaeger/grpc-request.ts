// Requests of jaeger.api_v3 as protobufjs decodes them, to a search or a range. Pure. Throws RequestFault
// `parameter_invalid`.
import { RequestFault } from '../faults.ts'
import { bytesOf, decodedOf, longTextOf, textOf } from '../otlp/decoded.ts'
import type { Decoded } from '../otlp/decoded.ts'
import type { JaegerSearch } from './trace-search.ts'
import { filterUnsupported, searchLimit } from './v3-parameters.ts'

/** A FindTracesRequest or FindTraceSummariesRequest. */
export function grpcSearch(request: Decoded): JaegerSearch {
  const query = decodedOf(request['query'])
  if (bytesOf(query['filter']).length > 0) throw filterUnsupported()
  const start = nanosOf(query['startTimeMin'])
  const end = nanosOf(query['startTimeMax'])
  if (start === undefined || end === undefined) {
    throw new RequestFault('parameter_invalid', 'query.start_time_min and query.start_time_max are required.')
  }
  if (start >= end) {
    throw new RequestFault('parameter_invalid', 'query.start_time_min must be before query.start_time_max.')
  }
  return {
    service: given(query['serviceName']),
    operation: given(query['operationName']),
    attributes: Object.entries(decodedOf(query['attributes'])).map(
      ([key, value]) => [key, textOf(value)] as const,
    ),
    start,
    end,
    durationMin: boundOf(query['durationMin']),
    durationMax: boundOf(query['durationMax']),
    limit: searchLimit(Number(query['searchDepth'] ?? 0)),
  }
}

/** A GetDependenciesRequest. */
export function grpcRange(request: Decoded): { start: bigint; end: bigint } {
  const start = nanosOf(request['startTime'])
  const end = nanosOf(request['endTime'])
  if (start !== undefined && end !== undefined && start < end) return { start, end }
  throw new RequestFault(
    'parameter_invalid',
    'start_time and end_time are required, and start_time comes first.',
  )
}

const given = (value: unknown): string | undefined => textOf(value) || undefined

/** Google's own meaning of a zero: not set. */
function boundOf(value: unknown): bigint | undefined {
  const nanos = nanosOf(value)
  return nanos === 0n ? undefined : nanos
}

/** Of a Timestamp or Duration. */
function nanosOf(value: unknown): bigint | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { seconds, nanos } = decodedOf(value)
  return BigInt(longTextOf(seconds)) * 1_000_000_000n + BigInt(Number(nanos ?? 0))
}
