// Answers from memory where the same bytes come again: senders repeat their resource and scope in every request, and
// decoding them for each of 20 services took a third of reading it. Bounded in bytes; forgets all at once.
import { randomInt } from 'node:crypto'
import { equalBytes, hashBytes } from '../byte-hash.ts'
import { joined } from './frames.ts'
import type { Slice } from './frames.ts'
import type { WireReader } from './wire-reader.ts'

const rememberedMax = 4_096
const messageBytesMax = 4_096
// Not known outside, so that nobody can choose messages that drive each other out.
const seed = randomInt(2 ** 31)

type Known<Value> = { message: DataView; value: Value }

/**
 * In: a message where it lies, in its slices. The value is shared by all who ask: nobody may change it. What throws is
 * not remembered.
 */
export function remembered<Value>(
  read: (message: Buffer) => Value,
): (reader: WireReader, slices: readonly Slice[]) => Value {
  const known = new Map<number, Known<Value>>()
  return ({ bytes, view }, slices) => {
    const [{ start, end } = { start: 0, end: 0 }] = slices
    const size = end - start
    if (slices.length !== 1 || size > messageBytesMax) return read(joined(bytes, slices))
    const hash = hashBytes(view, start, size, seed)
    const before = known.get(hash)
    if (before?.message.byteLength === size && equalBytes(before.message, 0, view, start, size)) {
      return before.value
    }
    // A copy: the body's memory is given back.
    const message = new Uint8Array(bytes.subarray(start, end))
    const value = read(bytes.subarray(start, end))
    if (known.size >= rememberedMax) known.clear()
    known.set(hash, { message: new DataView(message.buffer), value })
    return value
  }
}
