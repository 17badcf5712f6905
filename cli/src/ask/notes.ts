// What an answer says of itself, as notes beside it: why it is not whole.
export function notesOf({ cutShort }: { cutShort?: string }): string[] {
  return cutShort === undefined ? [] : [cutShort.charAt(0).toLowerCase() + cutShort.slice(1)]
}
