// A mark in a block's attribute filter: some span of the block says who called it, by an attribute that few spans have.
// Without it no body has to be read to count calls from outside. In: a KeyValue's bytes; out: yes or no. Pure.
import type { WireReader } from '../../otlp/wire-reader.ts'
import { hashesOfValue } from './attribute-hash.ts'

const keys = ['peer.service', 'service.peer.name'].map((key) => Buffer.from(key))
const keyTag = 0x0a

/** No sender means this key. */
export const callerMark = hashesOfValue('\0', { type: 'string', value: 'caller' })?.[0] ?? 0

export function tellsCaller({ bytes }: WireReader, start: number, end: number): boolean {
  if (bytes[start] !== keyTag) return false
  const length = bytes[start + 1]
  for (const key of keys) {
    if (length !== key.length || start + 2 + key.length > end) continue
    if (key.equals(bytes.subarray(start + 2, start + 2 + key.length))) return true
  }
  return false
}
