// The `cursor` of a list of traces: where the next page begins, for whom. In: a place and what was asked; out: base64url
// of 43 bytes, and back. A text that is damaged, of another version or of another question is told apart. Pure.
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { SearchPlace } from '../store/questions.ts'

const version = 1
/** Version, sum of what follows, hash of the question, block, key, trace id. */
const at = { sum: 1, question: 5, block: 13, key: 19, traceId: 27, end: 43 } as const

export type CursorRead =
  | { ok: true; place: SearchPlace }
  /** Completes "cursor is …: it …". */
  | { ok: false; mistake: string }

/** Filters and order, by the name of the parameter. */
export type AskedFor = Readonly<Record<string, unknown>>

export function writeCursor({ asOfBlock, key, traceId }: SearchPlace, askedFor: AskedFor): string {
  const bytes = Buffer.alloc(at.end)
  bytes.writeUInt8(version, 0)
  hashOf(askedFor).copy(bytes, at.question)
  bytes.writeUIntBE(asOfBlock, at.block, at.key - at.block)
  bytes.writeBigInt64BE(key, at.key)
  bytes.write(traceId, at.traceId, 'hex')
  bytes.writeUInt32BE(crc32(bytes.subarray(at.question)), at.sum)
  return bytes.toString('base64url')
}

export function readCursor(text: string, askedFor: AskedFor): CursorRead {
  const bytes = Buffer.from(text, 'base64url')
  const intact =
    bytes.length === at.end &&
    bytes.toString('base64url') === text &&
    bytes.readUInt8(0) === version &&
    bytes.readUInt32BE(at.sum) === crc32(bytes.subarray(at.question))
  if (!intact) {
    return {
      ok: false,
      mistake: 'must be the "next" of an answer, whole; without a cursor the list begins anew',
    }
  }
  if (!bytes.subarray(at.question, at.block).equals(hashOf(askedFor))) {
    return {
      ok: false,
      mistake:
        'must go with the filters and the order of the answer that it is from; without a cursor the list begins anew',
    }
  }
  return {
    ok: true,
    place: {
      asOfBlock: bytes.readUIntBE(at.block, at.key - at.block),
      key: bytes.readBigInt64BE(at.key),
      traceId: bytes.toString('hex', at.traceId, at.end),
    },
  }
}

function hashOf(askedFor: AskedFor): Buffer {
  const given = Object.entries(askedFor).filter(([, value]) => value !== undefined)
  const sorted = given.sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify(sorted))
    .digest()
    .subarray(0, at.block - at.question)
}
