// The values of TraceQL's fields of a block's spans: from the columns where they are there, else from the body, which is
// decompressed when the first such field is asked for. In: a block; out: values by span and field.
import { wireType, tagOf } from '../../../otlp/wire-reader.ts'
import { isRoot, kindOf, statusOf } from '../../../otlp/span-heads.ts'
import type { AttributeScope, Field, Intrinsic, Static } from '../../../traceql/ast.ts'
import { spanKind, statusCode } from '../../../wire.ts'
import { traceIdAt } from '../block-reader.ts'
import type { BodyFrames } from '../block-reader.ts'
import { nameCharsMax, parentElsewhere, parentNone } from '../columns.ts'
import type { Columns } from '../columns.ts'
import { sourceAt } from '../sources.ts'
import { attributeStatics, eachField } from './attribute-values.ts'
import type { Located, UnpackedFrame } from './located-body.ts'

export const tags = {
  resourceAttribute: tagOf(1, wireType.bytes),
  scopeName: tagOf(1, wireType.bytes),
  scopeVersion: tagOf(2, wireType.bytes),
  scopeAttribute: tagOf(3, wireType.bytes),
  spanName: tagOf(5, wireType.bytes),
  spanAttribute: tagOf(9, wireType.bytes),
  event: tagOf(11, wireType.bytes),
  link: tagOf(13, wireType.bytes),
  status: tagOf(15, wireType.bytes),
  statusMessage: tagOf(2, wireType.bytes),
  eventTime: tagOf(1, wireType.fixed64),
  eventName: tagOf(2, wireType.bytes),
  eventAttribute: tagOf(3, wireType.bytes),
  linkTraceId: tagOf(1, wireType.bytes),
  linkSpanId: tagOf(2, wireType.bytes),
  linkAttribute: tagOf(4, wireType.bytes),
} as const

/**
 * What the store says of a span beside what its sender did, as attributes of its resource: who sent it, and the service
 * that it is counted under (`unknown_service` where the resource names none).
 */
export const sourceKey = 'trace_source'
export const serviceKey = 'service.name'

const none: readonly Static[] = []

/** Of the spans from `first` up to `end`. */
export type FrameInUse = { first: number; end: number; frame: UnpackedFrame }

export class SpanValues {
  readonly columns: Columns
  readonly #body: () => BodyFrames
  readonly #keys = new Map<string, Buffer>()
  #frames: BodyFrames | undefined
  #frame: FrameInUse | undefined
  #elsewhere: Uint16Array | undefined

  readonly dataId: number

  constructor(dataId: number, columns: Columns, body: () => BodyFrames) {
    this.dataId = dataId
    this.columns = columns
    this.#body = body
  }

  /** Of the span alone: what needs other spans of its trace has no values here. */
  values(span: number, field: Field): readonly Static[] {
    if (field.type === 'intrinsic') return this.#intrinsic(span, field.name)
    if (field.ofParent) return none
    return this.#attribute(span, field.scope, field.key)
  }

  spanId(span: number): bigint {
    return this.columns.spanId[span] ?? 0n
  }

  /** As `spanId` gives it; undefined for a root. */
  parentId(span: number): bigint | undefined {
    const distance = this.columns.parent[span] ?? parentNone
    if (distance === parentNone) return undefined
    if (distance !== parentElsewhere) return this.spanId(span - distance)
    return this.columns.parentIds.readBigUInt64LE(this.elsewhereBefore(span) * 8)
  }

  /** How many spans before it have their parent elsewhere. */
  elsewhereBefore(span: number): number {
    if (this.#elsewhere === undefined) {
      const { parent, spanCount } = this.columns
      this.#elsewhere = new Uint16Array(spanCount)
      for (let at = 0, count = 0; at < spanCount; at++) {
        this.#elsewhere[at] = count
        if (parent[at] === parentElsewhere) count++
      }
    }
    return this.#elsewhere[span] ?? 0
  }

  #intrinsic(span: number, name: Intrinsic): readonly Static[] {
    const { columns } = this
    const flags = columns.flags[span] ?? 0
    switch (name) {
      case 'span:name':
        return [{ type: 'string', value: this.name(span) }]
      case 'span:duration':
        return [{ type: 'duration', nano: columns.duration[span] ?? 0n }]
      case 'span:status':
        return [{ type: 'status', status: statusCode.options[statusOf(flags)] ?? 'UNSET' }]
      case 'span:kind':
        return [{ type: 'kind', kind: spanKind.options[kindOf(flags)] ?? 'UNSPECIFIED' }]
      case 'span:id':
        return [{ type: 'string', value: hexOf(this.spanId(span)) }]
      case 'span:parentID': {
        const parent = this.parentId(span)
        return [{ type: 'string', value: parent === undefined || isRoot(flags) ? '' : hexOf(parent) }]
      }
      case 'trace:id':
        return [{ type: 'string', value: traceIdAt(columns, columns.trace[span] ?? 0) }]
      case 'span:statusMessage':
        return [{ type: 'string', value: this.#statusMessage(span) }]
      case 'event:name':
        return this.#nested(span, tags.event, (event) => textIn(event, tags.eventName))
      case 'event:timeSinceStart':
        return this.#nested(span, tags.event, (event) => [
          { type: 'duration', nano: eventTime(event) - (columns.start[span] ?? 0n) },
        ])
      case 'link:traceID':
        return this.#nested(span, tags.link, (link) => hexIn(link, tags.linkTraceId))
      case 'link:spanID':
        return this.#nested(span, tags.link, (link) => hexIn(link, tags.linkSpanId))
      case 'instrumentation:name':
        return textIn(this.#scope(span), tags.scopeName)
      case 'instrumentation:version':
        return textIn(this.#scope(span), tags.scopeVersion)
      // Of the whole trace, see `traceFields`.
      case 'nestedSetLeft':
      case 'nestedSetParent':
      case 'nestedSetRight':
      case 'span:childCount':
      case 'trace:duration':
      case 'trace:rootName':
      case 'trace:rootService':
        return none
    }
  }

  /** Whole: columns hold long ones cut. */
  name(span: number): string {
    const name = this.columns.names[this.columns.name[span] ?? 0] ?? ''
    return name.length < nameCharsMax ? name : lastText(this.#span(span), tags.spanName)
  }

  #attribute(span: number, scope: AttributeScope, key: string): readonly Static[] {
    switch (scope) {
      case 'span':
        return this.#of(this.#span(span), tags.spanAttribute, key) ?? none
      case 'resource':
        return this.#ofResource(span, key)
      case 'any':
        return this.#of(this.#span(span), tags.spanAttribute, key) ?? this.#ofResource(span, key)
      case 'instrumentation':
        return this.#of(this.#scope(span), tags.scopeAttribute, key) ?? none
      case 'event':
        return this.#nested(span, tags.event, (event) => this.#of(event, tags.eventAttribute, key) ?? none)
      case 'link':
        return this.#nested(span, tags.link, (link) => this.#of(link, tags.linkAttribute, key) ?? none)
    }
  }

  #ofResource(span: number, key: string): readonly Static[] {
    const { columns } = this
    if (key === serviceKey)
      return [{ type: 'string', value: columns.services[columns.service[span] ?? 0] ?? '' }]
    if (key === sourceKey) return [{ type: 'string', value: sourceAt(columns.source[span] ?? 0) }]
    return this.#of(this.#resource(span), tags.resourceAttribute, key) ?? none
  }

  #of({ reader, start, end }: Located, tag: number, key: string): Static[] | undefined {
    let bytes = this.#keys.get(key)
    if (bytes === undefined) this.#keys.set(key, (bytes = Buffer.from(key)))
    return attributeStatics(reader, { start, end }, tag, bytes)
  }

  #nested(span: number, tag: number, valuesOf: (part: Located) => readonly Static[]): readonly Static[] {
    const found: Static[] = []
    const { reader, start, end } = this.#span(span)
    const parts: Located[] = []
    eachField(reader, { start, end }, tag, (from, to) => void parts.push({ reader, start: from, end: to }))
    for (const part of parts) found.push(...valuesOf(part))
    return found
  }

  #statusMessage(span: number): string {
    const status = lastField(this.#span(span), tags.status)
    return status === undefined ? '' : lastText(status, tags.statusMessage)
  }

  /** The first span of each frame of the body. */
  frameStarts(): readonly number[] {
    return (this.#frames ??= this.#body()).firstSpans
  }

  /** Its message, in a body whose ids and times are blank. */
  located(span: number): Located {
    return this.#span(span)
  }

  owner(span: number): { resource: Located; scope: Located } {
    return { resource: this.#resource(span), scope: this.#scope(span) }
  }

  /** The frame that the span lies in: mostly that of the span before. */
  frameOf(span: number): FrameInUse {
    const known = this.#frame
    if (known !== undefined && span >= known.first && span < known.end) return known
    this.#frames ??= this.#body()
    const { firstSpans, frame: frameAt } = this.#frames
    const frame = Math.max(
      0,
      firstSpans.findLastIndex((first) => first <= span),
    )
    const first = firstSpans[frame] ?? 0
    const end = firstSpans[frame + 1] ?? this.columns.spanCount
    return (this.#frame = { first, end, frame: frameAt(frame) })
  }

  #span(span: number): Located {
    const { first, frame } = this.frameOf(span)
    const { reader, spans } = frame.located()
    const at = (span - first) * 2
    return { reader, start: spans[at] ?? 0, end: spans[at + 1] ?? 0 }
  }

  #resource(span: number): Located {
    return this.#ownerOf(span).resource
  }

  #scope(span: number): Located {
    return this.#ownerOf(span).scope
  }

  #ownerOf(span: number): { resource: Located; scope: Located } {
    const { first, frame } = this.frameOf(span)
    const located = frame.located()
    const found = located.owners[located.owner[span - first] ?? 0]
    if (found === undefined) throw new Error('a block whose body has fewer spans than its columns')
    return found
  }
}

/** A span id as columns hold it, in hex. */
export function hexOf(id: bigint): string {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64LE(id)
  return bytes.toString('hex')
}

function lastField({ reader, start, end }: Located, tag: number): Located | undefined {
  let last: Located | undefined
  eachField(reader, { start, end }, tag, (from, to) => void (last = { reader, start: from, end: to }))
  return last
}

function lastText(message: Located, tag: number): string {
  const field = lastField(message, tag)
  return field === undefined ? '' : field.reader.bytes.toString('utf8', field.start, field.end)
}

const textIn = (message: Located, tag: number): Static[] => [
  { type: 'string', value: lastText(message, tag) },
]

function hexIn(message: Located, tag: number): Static[] {
  const field = lastField(message, tag)
  return field === undefined
    ? []
    : [{ type: 'string', value: field.reader.bytes.toString('hex', field.start, field.end) }]
}

/** Unix nanoseconds; 0 where it is missing. */
function eventTime({ reader, start, end }: Located): bigint {
  let time = 0n
  reader.enter(start, end)
  try {
    while (reader.pos < end) {
      const tag = reader.varint()
      if (tag === tags.eventTime) time = reader.view.getBigUint64(reader.skipFixed64(), true)
      else reader.skipField(tag)
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return time
}
