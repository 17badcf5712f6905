// A condition on single spans, made ready to be asked of blocks in three steps that each read more: a block's row and
// attribute filter, its columns, its body. In: TraceQL's condition; out: tests. Between yes and no stands "perhaps": the
// next step must tell.
import type { Expression, Field, Static } from '../../../traceql/ast.ts'
import { compileCondition } from '../../../traceql/condition.ts'
import { fieldsOfCondition } from '../../../traceql/query-fields.ts'
import { withoutNestedSets } from '../../../traceql/root-span.ts'
import type { Fits } from '../../../traceql/trace-view.ts'
import { spanKind, statusCode } from '../../../wire.ts'
import { hashesOfValue, writtenHashes } from '../attribute-hash.ts'
import { cutName } from '../columns.ts'
import { nameKey } from '../block-filter.ts'
import { holdsService } from '../shares.ts'
import { sourceAt } from '../sources.ts'
import type { BlockRow } from '../block-directory.ts'
import { conditionOf } from './source-condition.ts'
import { serviceKey, sourceKey } from './span-values.ts'

export type Planned =
  { type: 'and' | 'or'; parts: Planned[] } | { type: 'not'; of: Planned } | ({ type: 'leaf' } & Leaf)

/** What columns have one small number a span for. */
export type Ordinal = 'name' | 'service' | 'source' | 'kind' | 'status' | 'trace'

export type Leaf = {
  fits: Fits
  /** Columns tell. */
  isKnown: boolean
  /** Its only field is this one. */
  ordinal: Ordinal | undefined
  /** Its only field is the duration, and is compared with this. */
  duration: { op: DurationComparison; nano: bigint } | undefined
  /** A block without any of these in its filter has no span that fits; undefined: any block may. */
  hashes: number[] | undefined
  /** A span that fits has these bytes in its body or its resource's. */
  text: Buffer | undefined
  /** By its row: whether a block may have a span that fits. */
  mayHold: (row: BlockRow) => boolean
}

const durationComparisons = ['=', '!=', '<', '<=', '>', '>='] as const
export type DurationComparison = (typeof durationComparisons)[number]

export type ServiceIdOf = (service: string) => number | undefined

/** Of a condition that may still ask for sources. */
export function planCondition(condition: Expression | undefined, serviceIdOf: ServiceIdOf): Planned {
  if (condition === undefined) return { type: 'and', parts: [] }
  return planned(withoutNestedSets(conditionOf(condition)), serviceIdOf)
}

function planned(condition: Expression, serviceIdOf: ServiceIdOf): Planned {
  switch (condition.type) {
    case 'and':
    case 'or': {
      const { type } = condition
      const parts = [condition.left, condition.right].flatMap((side) => {
        const part = planned(side, serviceIdOf)
        return part.type === type ? part.parts : [part]
      })
      // What rows and columns tell is asked first.
      return { type, parts: parts.toSorted((a, b) => costOf(a) - costOf(b)) }
    }
    case 'not':
      return { type: 'not', of: planned(condition.of, serviceIdOf) }
    case 'arithmetic':
    case 'compare':
    case 'field':
    case 'negative':
    case 'source':
    case 'static':
    case 'writtenAs':
      return { type: 'leaf', ...leafOf(condition, serviceIdOf) }
  }
}

function costOf(part: Planned): number {
  switch (part.type) {
    case 'leaf':
      if (!part.isKnown) return 4
      if (part.hashes !== undefined) return 3
      return part.ordinal === undefined && part.duration === undefined ? 2 : 1
    case 'not':
      return costOf(part.of)
    case 'and':
    case 'or':
      return Math.max(0, ...part.parts.map(costOf))
  }
}

const always = (): boolean => true

function leafOf(condition: Expression, serviceIdOf: ServiceIdOf): Leaf {
  const fields = fieldsOfCondition(condition)
  const fits = compileCondition(condition)
  const [field] = fields.length === 1 ? fields : []
  const ordinal = field && ordinalOf(field)
  const compared = field === undefined ? undefined : comparisonOf(condition)
  const leaf: Leaf = {
    fits,
    isKnown: fields.every(isInColumns),
    ordinal,
    duration: undefined,
    hashes: undefined,
    text: undefined,
    mayHold: always,
  }
  if (condition.type === 'writtenAs') return { ...leaf, ...ofWritten(condition.key, condition.text) }
  if (ordinal !== undefined && ordinal in masks) return { ...leaf, mayHold: maskTest(ordinal, fits) }
  if (compared === undefined || field === undefined) return leaf
  const { op, value } = compared
  if (field.type === 'attribute') {
    if (ordinal === 'service') return op === '=' ? { ...leaf, ...ofService(value, serviceIdOf) } : leaf
    return op === '=' && isFiltered(field) ? { ...leaf, ...ofAttribute(field.key, value) } : leaf
  }
  if (field.name === 'span:name' && op === '=' && value.type === 'string') {
    return { ...leaf, hashes: hashesOfValue(nameKey, { type: 'string', value: cutName(value.value) }) }
  }
  if (field.name === 'span:duration' && value.type === 'duration')
    return { ...leaf, ...ofDuration(op, value.nano) }
  return leaf
}

/** Which of the columns' small numbers a field is. */
export function ordinalOf(field: Field): Ordinal | undefined {
  if (field.type === 'attribute') {
    if (field.scope !== 'resource' || field.ofParent) return undefined
    return field.key === serviceKey ? 'service' : field.key === sourceKey ? 'source' : undefined
  }
  const ordinals: Readonly<Record<string, Ordinal>> = {
    'span:name': 'name',
    'span:kind': 'kind',
    'span:status': 'status',
    'trace:id': 'trace',
  }
  return ordinals[field.name]
}

function isInColumns(field: Field): boolean {
  if (field.type === 'attribute') return ordinalOf(field) !== undefined
  return ordinalOf(field) !== undefined || ['span:duration', 'span:id', 'span:parentID'].includes(field.name)
}

/** Filters have the attributes of spans and resources; the store's own are not among them. */
function isFiltered({ scope, key, ofParent }: Field & { type: 'attribute' }): boolean {
  return !ofParent && ['any', 'span', 'resource'].includes(scope) && key !== serviceKey && key !== sourceKey
}

type Compared = { op: DurationComparison; value: Static }
const turned = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

/** Of a field with a value, in whichever order they stand. */
function comparisonOf(condition: Expression): Compared | undefined {
  if (condition.type !== 'compare') return undefined
  const op = durationComparisons.find((known) => known === condition.op)
  if (op === undefined) return undefined
  const { left, right } = condition
  if (left.type === 'field' && right.type === 'static') return { op, value: right.value }
  if (left.type === 'static' && right.type === 'field') return { op: turned[op], value: left.value }
  return undefined
}

const masks = {
  source: { count: 8, bits: (row: BlockRow) => row.sources, value: sourceValue },
  status: { count: 3, bits: (row: BlockRow) => row.statuses, value: statusValue },
  kind: { count: 6, bits: (row: BlockRow) => row.kinds, value: kindValue },
} as const

export function sourceValue(number: number): Static {
  return { type: 'string', value: sourceAt(number) }
}
export function statusValue(number: number): Static {
  return { type: 'status', status: statusCode.options[number] ?? 'UNSET' }
}
export function kindValue(number: number): Static {
  return { type: 'kind', kind: spanKind.options[number] ?? 'UNSPECIFIED' }
}

function maskTest(ordinal: Ordinal, fits: Fits): (row: BlockRow) => boolean {
  if (ordinal !== 'source' && ordinal !== 'status' && ordinal !== 'kind') return always
  const { count, bits, value } = masks[ordinal]
  let wanted = 0
  for (let number = 0; number < count; number++) if (fits(() => [value(number)])) wanted |= 1 << number
  return (row) => (bits(row) & wanted) !== 0
}

function ofService(value: Static, serviceIdOf: ServiceIdOf): Partial<Leaf> {
  if (value.type !== 'string') return {}
  const id = serviceIdOf(cutName(value.value))
  return { mayHold: (row) => id !== undefined && holdsService(row.shares, id) }
}

function ofDuration(op: DurationComparison, nano: bigint): Partial<Leaf> {
  const duration = { op, nano }
  if (op === '>') return { duration, mayHold: (row) => row.durationMax > nano }
  if (op === '>=' || op === '=') return { duration, mayHold: (row) => row.durationMax >= nano }
  return { duration }
}

function ofAttribute(key: string, value: Static): Partial<Leaf> {
  const hashes = hashesOfValue(key, value)
  if (hashes === undefined) return {}
  return { hashes, text: value.type === 'string' ? Buffer.from(value.value) : undefined }
}

function ofWritten(key: string, text: string): Partial<Leaf> {
  if (key === serviceKey || key === sourceKey) return {}
  const hashes = writtenHashes(key, text)
  return { hashes, text: hashes.length === 1 ? Buffer.from(text) : undefined }
}

/** In which frames of the block one of these may be, see attribute-filter.ts: bit n of frame n. */
export type AskFilter = (hashes: readonly number[]) => number

/** False only where no span of the block fits. */
export function mayHold(part: Planned, row: BlockRow, ask: AskFilter): boolean {
  switch (part.type) {
    case 'leaf':
      return part.mayHold(row) && (part.hashes === undefined || ask(part.hashes) !== 0)
    case 'and':
      return part.parts.every((one) => mayHold(one, row, ask))
    case 'or':
      return part.parts.some((one) => mayHold(one, row, ask))
    case 'not':
      return true
  }
}
