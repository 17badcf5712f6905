// Memory that is used again and again by who needs it for one call, instead of leaving each call's to be collected: memory
// outside of V8's heap counts towards its next collection. What is taken is valid until it is taken the next time.

type NumberArray = Int32Array | Uint16Array | Float64Array

/** Zeros, as many as asked for. */
export function scratch<T extends NumberArray>(make: (length: number) => T): (length: number) => T {
  let kept = make(0)
  return (length) => {
    if (kept.length < length) kept = make(length)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a part of an array is of its kind
    return kept.subarray(0, length).fill(0) as T
  }
}
