// A text as bpftrace cut it, with one byte more than is to be shown, to what is shown. Bound: bytes of UTF-8. A byte that
// is no UTF-8 is the lone surrogate U+DC00 + byte (bpftrace/json.ts), so that the bytes can be told exactly.

/** Not the second half of a pair, which stands for one letter. */
const strayByte = /(?<![\ud800-\udbff])[\udc80-\udcff]/g
/** How a letter of several bytes begins, less than whole. */
const partOfLetter =
  /(?<![\ud800-\udbff])(?:[\udcc2-\udcf4]|[\udce0-\udcf4][\udc80-\udcbf]|[\udcf0-\udcf4][\udc80-\udcbf]{2})$/
const lastLetter = /(?:[\ud800-\udbff][\udc00-\udfff]|[^])$/

/** The text without its last letter, whole or not, where it is longer than `bytesMax`; undefined where it is whole. */
export function cutText(text: string, bytesMax: number): string | undefined {
  if (text.length * 3 <= bytesMax) return undefined
  // As UTF-8 a lone surrogate is written in three bytes.
  const writtenBytes = Buffer.byteLength(text)
  if (writtenBytes <= bytesMax) return undefined
  if (writtenBytes - 2 * (text.match(strayByte)?.length ?? 0) <= bytesMax) return undefined
  return text.replace(partOfLetter.test(text) ? partOfLetter : lastLetter, '')
}
