// A mark in a block's attribute filter: some span of the block says who called it, by an attribute that few spans have.
// Without it no body has to be read to count calls from outside. In: a KeyValue's bytes; out: yes or no. Pure.
import type { WireReader } from '../../otlp/wire-reader.ts'
import { hashesOfValue } from './attribute-hash.ts'

const keys = ['peer.service', 'service.peer.name'].map((key) => Buffer.from(key))
const [shortKeyBytes, longKeyBytes] = keys.map(({ length }) => length)
const keyTag = 0x0a

/** No sender means this key. */
export const callerMark = hashesOfValue('\0', { type: 'string', value: 'caller' })?.[0] ?? 0

export function tellsCaller({ bytes }: WireReader, start: number, end: number): boolean {
  if (bytes[start] !== keyTag) return false
  return keys.some((key) => bytes[start + 1] === key.length && isAt(bytes, start + 2, end, key))
}

/** Told by the key's length, of which few are: it is asked of each attribute. */
export function mayTellCaller(bytes: Buffer, start: number): boolean {
  const keyBytes = bytes[start + 1]
  return keyBytes === shortKeyBytes || keyBytes === longKeyBytes
}

const isAt = (bytes: Buffer, at: number, end: number, key: Buffer): boolean =>
  at + key.length <= end && key.equals(bytes.subarray(at, at + key.length))
