// A rollup to bytes and back. Little-endian, arrays by group one after the other, those of wide numbers first so that they
// can be read where they lie: u32 version, groups, bucket entries, bytes of the strings; f64 duration sums, f64 longest
// durations; 16 bytes a trace; u32 counts, u32 ends of buckets; u16 services, names, buckets, bucket counts; u8 sources,
// flags; JSON [services, names], each in order.
import type { Rollup } from './rollup.ts'

const version = 1
const headBytes = 16

export function encodeRollup(given: Rollup): Buffer {
  const [services, names] = [sorted(given.services), sorted(given.names)]
  const rollup = {
    ...given,
    service: given.service.map((ordinal) => services.placeOf[ordinal] ?? 0),
    name: given.name.map((ordinal) => names.placeOf[ordinal] ?? 0),
  }
  const strings = Buffer.from(JSON.stringify([services.texts, names.texts]))
  const parts = [
    new Uint32Array([version, rollup.count.length, rollup.bucket.length, strings.length]),
    rollup.durationSum,
    rollup.durationMax,
    rollup.slowTrace,
    rollup.count,
    rollup.bucketEnd,
    rollup.service,
    rollup.name,
    rollup.bucket,
    rollup.bucketCount,
    rollup.source,
    rollup.flags,
    strings,
  ]
  return Buffer.concat(
    parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  )
}

export function decodeRollup(blob: Buffer): Rollup {
  // Where it does not lie at a multiple of eight, in memory of its own.
  const bytes = blob.byteOffset % 8 === 0 ? blob : new Uint8Array(blob)
  const { buffer, byteOffset } = bytes
  const [found, groups = 0, buckets = 0, stringsBytes = 0] = new Uint32Array(buffer, byteOffset, 4)
  if (found !== version)
    throw new Error(`a block's rollup of version ${found}, this program reads ${version}`)
  let at = byteOffset + headBytes
  const take = (size: number): number => {
    at += size
    return at - size
  }
  const rollup = {
    durationSum: new Float64Array(buffer, take(groups * 8), groups),
    durationMax: new Float64Array(buffer, take(groups * 8), groups),
    slowTrace: Buffer.from(buffer, take(groups * 16), groups * 16),
    count: new Uint32Array(buffer, take(groups * 4), groups),
    bucketEnd: new Uint32Array(buffer, take(groups * 4), groups),
    service: new Uint16Array(buffer, take(groups * 2), groups),
    name: new Uint16Array(buffer, take(groups * 2), groups),
    bucket: new Uint16Array(buffer, take(buckets * 2), buckets),
    bucketCount: new Uint16Array(buffer, take(buckets * 2), buckets),
    source: new Uint8Array(buffer, take(groups), groups),
    flags: new Uint8Array(buffer, take(groups), groups),
    step: undefined,
  }
  const text = Buffer.from(buffer, take(stringsBytes), stringsBytes).toString('latin1')
  return { ...rollup, ...stringsOf(text) }
}

/** In order, so that blocks with the same services and names have the same bytes for them. */
function sorted(texts: readonly string[]): { texts: string[]; placeOf: number[] } {
  const order = texts.map((text, ordinal) => ({ text, ordinal })).sort((a, b) => (a.text < b.text ? -1 : 1))
  const placeOf: number[] = []
  for (const [place, { ordinal }] of order.entries()) placeOf[ordinal] = place
  return { texts: order.map(({ text }) => text), placeOf }
}

type Strings = Pick<Rollup, 'services' | 'names'>
const rememberedMax = 64
/** By their bytes: most blocks have the same ones, and reading them would cost a fifth of the rest. */
const remembered = new Map<string, Strings>()

function stringsOf(latin1: string): Strings {
  const known = remembered.get(latin1)
  if (known !== undefined) return known
  const strings: unknown = JSON.parse(Buffer.from(latin1, 'latin1').toString('utf8'))
  const [services, names]: unknown[] = Array.isArray(strings) ? strings : []
  if (!areStrings(services) || !areStrings(names)) {
    throw new Error('a block\'s rollup whose strings are none: run "probespan store check"')
  }
  if (remembered.size >= rememberedMax) remembered.clear()
  remembered.set(latin1, { services, names })
  return { services, names }
}

function areStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
