// Figures over time that need no more of spans than service, name, kind, status, source and duration: counted from blocks'
// rollups instead of single spans. Exactly the same figures: durations are counted by powers of two, which are borders of
// the rollups' buckets. A few blocks are counted span by span, for examples. In: a measurement; out: what it was given.
import { kindOf, statusOf } from '../../../otlp/span-heads.ts'
import type { Expression, Field, Metrics, Static } from '../../../traceql/ast.ts'
import { compileCondition } from '../../../traceql/condition.ts'
import { fieldsOfCondition } from '../../../traceql/query-fields.ts'
import type { Measurement, Read } from '../../../traceql/trace-view.ts'
import type { BlockRow } from '../block-directory.ts'
import { nameCharsMax } from '../columns.ts'
import { bucketUpTo } from './duration-bucket.ts'
import { kindValue, ordinalOf, sourceValue, statusValue } from './planned-condition.ts'
import type { Rollup } from './rollup.ts'

const examplesOfBlocks = 16

/** Whether a rollup has all that is asked of spans. */
export function isOfRollups({ measure, by }: Metrics, condition: Expression | undefined): boolean {
  const isCounted =
    measure.fn === 'rate' ||
    measure.fn === 'count_over_time' ||
    ((measure.fn === 'quantile_over_time' || measure.fn === 'histogram_over_time') && isDuration(measure.of))
  return isCounted && [...by, ...fieldsOfCondition(condition)].every(isInRollup)
}

const isDuration = (field: Field): boolean => field.type === 'intrinsic' && field.name === 'span:duration'

function isInRollup(field: Field): boolean {
  const ordinal = ordinalOf(field)
  return ordinal !== undefined && ordinal !== 'trace'
}

/** Blocks to count span by span, spread over all of them. */
export function exampleRows(rows: readonly BlockRow[], exemplarsMax: number): Set<BlockRow> {
  const wanted = Math.min(examplesOfBlocks, exemplarsMax, rows.length)
  const every = Math.ceil(rows.length / Math.max(1, wanted))
  return new Set(wanted === 0 ? [] : rows.filter((_, at) => at % every === 0))
}

/** False, with nothing counted, where names were cut: they may mean several. */
export function addRollup(
  measurement: Measurement,
  { measure }: Metrics,
  condition: Expression | undefined,
): (rollup: Rollup, startOfStep: (step: number) => bigint, step: number) => boolean {
  const fits = compileCondition(condition)
  const byBucket = measure.fn === 'quantile_over_time' || measure.fn === 'histogram_over_time'
  return (rollup, startOfStep, step) => {
    if (rollup.names.some(({ length }) => length >= nameCharsMax)) return false
    for (let group = 0; group < rollup.count.length; group++) {
      const read = readGroup(rollup, group)
      if (!fits(read)) continue
      const startUnixNano = startOfStep(rollup.step?.[group] ?? step)
      const spans = { startUnixNano, traceId: '', spanId: '', everyField: () => {} }
      if (!byBucket) {
        measurement.add({ ...spans, read, count: rollup.count[group] ?? 0 })
        continue
      }
      for (let at = rollup.bucketEnd[group - 1] ?? 0; at < (rollup.bucketEnd[group] ?? 0); at++) {
        const nano = BigInt(Math.ceil(bucketUpTo(rollup.bucket[at] ?? 0)))
        const duration: Static[] = [{ type: 'duration', nano }]
        const readBucket: Read = (field) => (isDuration(field) ? duration : read(field))
        measurement.add({ ...spans, read: readBucket, count: rollup.bucketCount[at] ?? 0 })
      }
    }
    return true
  }
}

function readGroup(rollup: Rollup, group: number): Read {
  const flags = rollup.flags[group] ?? 0
  return (field) => {
    switch (ordinalOf(field)) {
      case 'service':
        return [{ type: 'string', value: rollup.services[rollup.service[group] ?? 0] ?? '' }]
      case 'name':
        return [{ type: 'string', value: rollup.names[rollup.name[group] ?? 0] ?? '' }]
      case 'source':
        return [sourceValue(rollup.source[group] ?? 0)]
      case 'kind':
        return [kindValue(kindOf(flags))]
      case 'status':
        return [statusValue(statusOf(flags))]
      case 'trace':
      case undefined:
        return []
    }
  }
}
