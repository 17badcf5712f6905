// Which spans fit a filter, in three steps that each read more: a block's row and attribute filter, its columns, its
// body. One span must fit all of it. In: a TraceFilter and what the steps read; out: yes or no, spans by ordinal.
import { anyValueOf } from '../../otlp/any-value.ts'
import { decodedOf, textOf } from '../../otlp/decoded.ts'
import { readFrames } from '../../otlp/frames.ts'
import type { Slice } from '../../otlp/frames.ts'
import { keyValueType } from '../../otlp/schema.ts'
import { kindOf, statusOf } from '../../otlp/span-heads.ts'
import { WireReader } from '../../otlp/wire-reader.ts'
import { spanKind, statusCode, traceSource } from '../../wire.ts'
import { sourcesOf } from '../store.ts'
import type { AttributeQuery, TraceFilter } from '../store.ts'
import { mayHold } from './attribute-filter.ts'
import { writtenHashes, attributeHash, isAsked } from './attribute-hash.ts'
import { eachAttribute, ofResource, ofSpan } from './attributes.ts'
import type { BlockReader } from './block-reader.ts'
import { cutName } from './columns.ts'
import type { Columns } from './columns.ts'
import { nameKey } from './packed-block.ts'
import { holdsService } from './shares.ts'
import { sourceMask } from './sources.ts'

const timeMax = 2n ** 63n - 1n

type Asked = AttributeQuery & {
  hashes: number[]
  /** The value's bytes, where only a string can be meant. */
  text: Buffer | undefined
}

/** A filter as blocks are asked: masks with a bit a number, ranges with both ends. */
export type Wanted = {
  start: bigint
  /** Exclusive. */
  end: bigint
  durationMin: bigint
  durationMax: bigint
  sources: number
  statuses: number
  kinds: number
  service: string | undefined
  /** -1: no block has the service. */
  serviceId: number | undefined
  name: string | undefined
  attributes: Asked[]
}

const anyBit = 0xff

export function wantedOf(filter: TraceFilter, serviceIdOf: (service: string) => number | undefined): Wanted {
  const { source, status, kind, attributes = [] } = filter
  const service = filter.service === undefined ? undefined : cutName(filter.service)
  return {
    start: least(filter.start ?? 0n, timeMax),
    end: least(filter.end ?? timeMax, timeMax),
    durationMin: filter.durationMin ?? -timeMax,
    durationMax: filter.durationMax ?? timeMax,
    sources: sourceMask(source === undefined ? traceSource.options : sourcesOf(source)),
    statuses: status === undefined ? anyBit : 1 << statusCode.options.indexOf(status),
    kinds: kind === undefined ? anyBit : 1 << spanKind.options.indexOf(kind),
    service,
    serviceId: service === undefined ? undefined : (serviceIdOf(service) ?? -1),
    name: filter.name === undefined ? undefined : cutName(filter.name),
    attributes: attributes.map(askedOf),
  }
}

function askedOf({ key, value }: AttributeQuery): Asked {
  const hashes = writtenHashes(key, value)
  return { key, value, hashes, text: hashes.length === 1 ? Buffer.from(value) : undefined }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** False only where no span of the block can fit. */
export function mayFit(
  { serviceId, name, attributes }: Wanted,
  block: { dataId: number; shares: Buffer },
  blocks: Pick<BlockReader, 'filter'>,
): boolean {
  if (serviceId !== undefined && !holdsService(block.shares, serviceId)) return false
  const asked = attributes.map(({ hashes }) => hashes)
  if (name !== undefined) asked.push(writtenHashes(nameKey, name).slice(0, 1))
  if (asked.length === 0) return true
  const filter = blocks.filter(block.dataId)
  return asked.every((hashes) => hashes.some((hash) => mayHold(filter, hash)))
}

export function fittingSpans(wanted: Wanted, columns: Columns, blankBody: () => Buffer): number[] {
  const service = wanted.service === undefined ? undefined : columns.services.indexOf(wanted.service)
  // Names that were cut may be equal: each of them fits.
  const names = new Set(wanted.name === undefined ? [] : ordinalsOf(columns.names, wanted.name))
  const fitting: number[] = []
  for (let span = 0; span < columns.spanCount; span++) {
    const start = columns.start[span] ?? 0n
    const duration = columns.duration[span] ?? 0n
    const flags = columns.flags[span] ?? 0
    const fits =
      start >= wanted.start &&
      start < wanted.end &&
      duration >= wanted.durationMin &&
      duration <= wanted.durationMax &&
      (wanted.sources & (1 << (columns.source[span] ?? 0))) !== 0 &&
      (wanted.statuses & (1 << statusOf(flags))) !== 0 &&
      (wanted.kinds & (1 << kindOf(flags))) !== 0 &&
      (service === undefined || columns.service[span] === service) &&
      (wanted.name === undefined || names.has(columns.name[span] ?? 0))
    if (fits) fitting.push(span)
  }
  if (wanted.attributes.length === 0 || fitting.length === 0) return fitting
  return withAttributes(fitting, wanted.attributes, blankBody())
}

function ordinalsOf(values: readonly string[], wanted: string): number[] {
  return values.flatMap((value, ordinal) => (value === wanted ? ordinal : []))
}

/** Of these spans those that have all attributes, on themselves or on their resource. */
function withAttributes(spans: readonly number[], asked: readonly Asked[], body: Buffer): number[] {
  // One block in a hundred that a filter lets through has no such attribute: this tells in a tenth of the time.
  if (asked.some(({ text }) => text !== undefined && !body.includes(text))) return []
  const wanted = new Set(spans)
  const reader = new WireReader(body)
  const fitting: number[] = []
  let ordinal = 0
  for (const { resource, scopes } of readFrames(body)) {
    const onResource = asked.map((one) => resource.some((slice) => holds(reader, slice, ofResource, one)))
    for (const slice of scopes.flatMap((scope) => scope.spans)) {
      const span = ordinal++
      if (!wanted.has(span)) continue
      const fits = asked.every(
        (one, index) => onResource[index] === true || holds(reader, slice, ofSpan, one),
      )
      if (fits) fitting.push(span)
    }
  }
  return fitting
}

function holds(reader: WireReader, { start, end }: Slice, tag: number, asked: Asked): boolean {
  const { bytes } = reader
  let found = false
  eachAttribute(reader, start, end, tag, (from, to) => {
    // Equal hashes are nearly always equal attributes; nearly.
    const hash = attributeHash(reader, from, to)
    found ||= hash !== undefined && asked.hashes.includes(hash) && equals(bytes.subarray(from, to), asked)
  })
  return found
}

function equals(keyValue: Buffer, { key, value }: AttributeQuery): boolean {
  const found = decodedOf(keyValueType.decode(keyValue))
  return textOf(found['key']) === key && isAsked(anyValueOf(found['value']), value)
}
