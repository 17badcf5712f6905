// An error whose message is for the person who runs the program: what happened, the value, and what to do.
// A process prints its message alone; anything else that is thrown is a bug and is printed with its stack.
export class OperationalError extends Error {
  override readonly name = 'OperationalError'
}

/** What to print of an error that ends the process. */
export function finalWords(error: unknown): string {
  if (error instanceof OperationalError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
