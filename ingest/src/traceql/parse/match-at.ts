// A sticky pattern at one place of a text.

/** `pattern` has the flag `y`. Undefined where it does not match from there. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}
