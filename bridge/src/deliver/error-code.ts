// What was thrown, which can be anything, to the system's code of it and to words.

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
