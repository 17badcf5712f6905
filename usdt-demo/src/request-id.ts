// In: the process's start as Unix nanoseconds. Out: ids `req-<start in base 36>-<counter>`, unique across restarts.
// Bound: 31 bytes, so that an id is whole in every bpftrace's str() (64 bytes, its NUL included).
import { strict as assert } from 'node:assert'

export const requestIdBytesMax = 31

export function requestIds(startUnixNs: bigint): () => string {
  const prefix = `req-${startUnixNs.toString(36)}-`
  let count = 0
  return () => {
    count += 1
    const id = `${prefix}${count}`
    assert(id.length <= requestIdBytesMax, `request id ${id} is longer than ${requestIdBytesMax} bytes`)
    return id
  }
}
