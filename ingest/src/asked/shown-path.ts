// A request's path as it may be written down: bounded, and without a key that someone put into it.

/** Letters; what is longer is cut, and ends with `…`. */
export const textMax = 1_000
export const hidden = '(hidden)'

export const cut = (text: string): string => (text.length <= textMax ? text : `${text.slice(0, textMax)}…`)

export function shownPath(path: string, keys: { isKey(text: string): boolean }): string {
  const parts = cut(path).split('/')
  return parts.map((part) => (keys.isKey(part) ? hidden : part)).join('/')
}
