// What an answer says of itself, as notes beside it: why it is not whole.
export function notesOf({ cutShort }: { cutShort?: string }): string[] {
  return cutShort === undefined ? [] : [`the answer is not whole: ${cutShort}`]
}
