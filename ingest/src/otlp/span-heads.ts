// Where in a body each span lies, and in it the fields that storing and finding need: positions instead of values, so
// that a span costs 40 bytes and no object, and thousands of them move between threads as one array.
// `headStride` numbers a span, in the order below; a position of 0 says that the field is absent (no field lies there).

export type SpanHeads = Uint32Array<ArrayBuffer>

export const headStride = 10

/** Offsets within one span's numbers. Positions are bytes into the body, of a field's content. */
export const headAt = {
  start: 0,
  end: 1,
  /** 16 bytes. */
  traceId: 2,
  /** 8 bytes. */
  spanId: 3,
  /** 8 bytes, not all zero. */
  parentId: 4,
  /** 8 bytes, little-endian Unix nanoseconds below 2^63. */
  startTime: 5,
  endTime: 6,
  /** UTF-8. */
  name: 7,
  nameBytes: 8,
  /** See `flagsOf`. */
  flags: 9,
} as const

/** Bit 0 root, bits 1–3 kind (OTLP number, 0 to 5), bits 4–5 status (OTLP number, 0 to 2). */
export const flagsOf = (root: boolean, kind: number, status: number): number =>
  (root ? 1 : 0) | (kind << 1) | (status << 4)
export const isRoot = (flags: number): boolean => (flags & 1) === 1
export const kindOf = (flags: number): number => (flags >> 1) & 7
export const statusOf = (flags: number): number => (flags >> 4) & 3

/** The same positions in a body that stands `offsetBytes` further on; written into `to` from the `at`-th span on. */
export function shiftHeads(heads: SpanHeads, offsetBytes: number, to: SpanHeads, at: number): void {
  let index = at * headStride
  for (let from = 0; from < heads.length; from += headStride) {
    for (let field = 0; field < headStride; field++) {
      const value = heads[from + field] ?? 0
      const isPosition = field < headAt.nameBytes && value !== 0
      to[index++] = isPosition ? value + offsetBytes : value
    }
  }
}
