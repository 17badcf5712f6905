// Holds each key to its rates of requests and of bytes (unpacked, since those are what work and disk space cost).
// In: a grant; out: nothing, or RequestFault `rate_limited` with the time after which the sender may come again.
import { RequestFault } from '../faults.ts'
import type { Grant } from './key.ts'
import { createRateBucket } from './rate-bucket.ts'
import type { RateBucket } from './rate-bucket.ts'

export type RateLimits = {
  /** Counts one request. Throws RequestFault `rate_limited`. */
  admit(grant: Grant): void
  /** Those of an admitted request: they count against the next ones. */
  charge(grant: Grant, bytes: number): void
}

type Buckets = { requests: RateBucket | undefined; bytes: RateBucket | undefined }

export function createRateLimits(nowMs: () => number = () => performance.now()): RateLimits {
  // By grant: when the keys are read anew, their grants are new ones, and the old buckets go with the old.
  const buckets = new WeakMap<Grant, Buckets>()
  const bucketsOf = (grant: Grant): Buckets => {
    let found = buckets.get(grant)
    if (found === undefined) {
      const { requestsPerS, bytesPerS } = grant.rate
      found = {
        requests: requestsPerS === undefined ? undefined : createRateBucket(requestsPerS, nowMs()),
        bytes: bytesPerS === undefined ? undefined : createRateBucket(bytesPerS, nowMs()),
      }
      buckets.set(grant, found)
    }
    return found
  }
  return {
    admit(grant) {
      const { requests, bytes } = bucketsOf(grant)
      const requestsWaitMs = requests?.waitMs(nowMs()) ?? 0
      if (requestsWaitMs > 0) throw limited(grant, `${grant.rate.requestsPerS} requests`, requestsWaitMs)
      const bytesWaitMs = bytes?.waitMs(nowMs()) ?? 0
      if (bytesWaitMs > 0) throw limited(grant, `${grant.rate.bytesPerS} bytes`, bytesWaitMs)
      requests?.take(1, nowMs())
    },
    charge(grant, bytes) {
      bucketsOf(grant).bytes?.take(bytes, nowMs())
    },
  }
}

function limited({ name }: Grant, rate: string, retryAfterMs: number): RequestFault {
  const message = `"${name}" may send ${rate} a second: send the request again in ${retryAfterMs} ms.`
  return new RequestFault('rate_limited', message, { retryAfterMs })
}
