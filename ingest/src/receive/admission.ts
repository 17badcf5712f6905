// How many bytes of requests may be held at one time: being received, unpacked, converted, or waiting to be durable.
// Each request has a lease that grows with what it holds and is freed when it is answered; a request that would push
// the total beyond `bytesMax` is refused with `intake_busy` before it takes more memory.
import { RequestFault } from '../faults.ts'

export type Lease = {
  /** How large this one request may be, as sent and as unpacked. */
  readonly requestBytesMax: number
  /** How long its body may take to come. */
  readonly requestTimeoutMs: number
  /** Throws RequestFault `intake_busy`; what was added before stays until `free`. */
  add(bytes: number): void
  /** More than once is fine. */
  free(): void
}

export type Admission = {
  readonly heldBytes: number
  open(): Lease
}

export type AdmissionLimits = Pick<Lease, 'requestBytesMax' | 'requestTimeoutMs'> & {
  /** Of all requests together. */
  bytesMax: number
}

export function createAdmission({ bytesMax, requestBytesMax, requestTimeoutMs }: AdmissionLimits): Admission {
  let heldBytes = 0
  return {
    get heldBytes() {
      return heldBytes
    },
    open() {
      let bytes = 0
      let freed = false
      return {
        requestBytesMax,
        requestTimeoutMs,
        add(more) {
          if (freed) throw new Error('a request that was answered holds nothing any more')
          if (heldBytes + more > bytesMax) throw busy(heldBytes, more, bytesMax)
          heldBytes += more
          bytes += more
        },
        free() {
          heldBytes -= bytes
          bytes = 0
          freed = true
        },
      }
    },
  }
}

function busy(held: number, more: number, max: number): RequestFault {
  return new RequestFault(
    'intake_busy',
    `${held} bytes of requests are under way, and ${more} more would exceed the bound of ${max} ` +
      '(PROBESPAN_INTAKE_BYTES_MAX). Send the request again after a moment.',
  )
}
