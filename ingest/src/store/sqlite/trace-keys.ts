// Pages of the trace index: sorted keys, each with a block. The key is a trace id's last 8 bytes, which are random in
// every id scheme; the block's columns hold the whole id and settle the rest. Pure.
// A page is a blob: n keys (i64), then for each the block's id minus the run's lowest (u32); little-endian.

export type Entry = { key: bigint; blockId: number }

const keyBytes = 8
const entryBytes = 12

export const keyOf = (traceId: string): bigint => Buffer.from(traceId, 'hex').readBigInt64BE(8)

/** Keys of 16-byte ids laid end to end: ascending, each once. */
export function sortedKeys(traceIds: Buffer): BigInt64Array<ArrayBuffer> {
  const keys = new BigInt64Array(traceIds.length / 16)
  for (let at = 0; at < keys.length; at++) keys[at] = traceIds.readBigInt64BE(at * 16 + 8)
  keys.sort()
  let count = 0
  for (const key of keys) if (count === 0 || key !== keys[count - 1]) keys[count++] = key
  return keys.slice(0, count)
}

export function pageOf(keys: BigInt64Array, offsets: Uint32Array): Buffer {
  return Buffer.concat(
    [keys, offsets].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  )
}

export const pageEntries = (page: Buffer): number => page.length / entryBytes
export const pageKey = (page: Buffer, at: number): bigint => page.readBigInt64LE(at * keyBytes)
export const pageOffset = (page: Buffer, at: number): number =>
  page.readUInt32LE(pageEntries(page) * keyBytes + at * 4)

/** The blocks' offsets that the page has for a key. */
export function offsetsOf(page: Buffer, key: bigint): number[] {
  // In halves: a bigint a step would cost more than all the rest.
  const keys = new DataView(page.buffer, page.byteOffset, page.byteLength)
  const count = pageEntries(page)
  const [keyHigh, keyLow] = [Number(BigInt.asIntN(32, key >> 32n)), Number(BigInt.asUintN(32, key))]
  const order = (at: number): number =>
    keys.getInt32(at * keyBytes + 4, true) - keyHigh || keys.getUint32(at * keyBytes, true) - keyLow
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (order(middle) < 0) low = middle + 1
    else high = middle
  }
  const offsets: number[] = []
  for (; low < count && order(low) === 0; low++) offsets.push(pageOffset(page, low))
  return offsets
}
