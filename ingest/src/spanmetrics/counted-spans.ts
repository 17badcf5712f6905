// What counting needs of a stored block: a column each, as the store's blocks have them. Times and durations are
// nanoseconds, 64 bits; ids are as sent.

export type CountedSpans = {
  spanCount: number
  start: BigInt64Array
  /** Negative where a sender's clock went backwards. */
  duration: BigInt64Array
  spanId: BigUint64Array
  /** 16 bytes each; `trace` counts them. */
  traceIds: Uint8Array
  trace: Uint16Array
  /** How many spans before this one its parent stands; or one of `parentNone`, `parentElsewhere`. */
  parent: Int16Array
  /** 8 bytes each, in the order of the spans whose parent is elsewhere. */
  parentIds: Uint8Array
  /** Place in `services`, `names`. */
  service: Uint16Array
  name: Uint16Array
  source: Uint8Array
  /** See span-heads.ts. */
  flags: Uint8Array
  /** OTLP bytes of each span: all lowest bytes first, then the next ones. Empty: read from the body. */
  sizes: Uint8Array
  services: readonly string[]
  names: readonly string[]
}

export const parentNone = 0
export const parentElsewhere = -(2 ** 15)

/** Of OTLP's numbers. */
export const kind = { server: 2, client: 3, producer: 4, consumer: 5 } as const
export const errorStatus = 2

/** The same memory as numbers of 32 bits, low half first: a bigint a span would cost more than all the rest. */
export function halvesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint32Array {
  if (byteOffset % 4 === 0) return new Uint32Array(buffer, byteOffset, byteLength / 4)
  return new Uint32Array(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer)
}
