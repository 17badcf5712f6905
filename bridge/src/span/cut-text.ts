// A text as bpftrace cut it, with one byte more than is to be shown, to what is shown. Bound: bytes of UTF-8.

const replacement = '\ufffd'
/** A UTF-8 sequence that was cut has so many bytes at most, and is read as one replacement character. */
const partBytesMax = 3

/**
 * The text without its last character where it is longer than `bytesMax`; undefined where it is whole. A byte that is no
 * UTF-8 counts as one, so that a text with a true replacement character in it may be taken for whole, never cut wrongly.
 */
export function cutText(text: string, bytesMax: number): string | undefined {
  if (text.length * 3 <= bytesMax) return undefined
  const isPart = text.endsWith(replacement)
  const whole = isPart ? text.slice(0, -1) : text
  if (bytesOf(whole) + (isPart ? partBytesMax : 0) <= bytesMax) return undefined
  return isPart ? whole : whole.slice(0, /[\ud800-\udbff][\udc00-\udfff]$/.test(whole) ? -2 : -1)
}

function bytesOf(text: string): number {
  const replaced = text.includes(replacement) ? text.split(replacement).length - 1 : 0
  return Buffer.byteLength(text) - 2 * replaced
}
