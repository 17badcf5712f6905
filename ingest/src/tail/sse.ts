// Server-sent events as text, after the HTML standard: fields a line each, an empty line at the end. Pure.

/** What is sent now and then so that both sides see that the other is there; readers pass over it. */
export const heartbeat = ':\n\n'

/** `data` as JSON, which has no line breaks of its own. With an `id` the reader can go on behind it later. */
export function eventText(event: string, data: unknown, id?: string): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`
}

/** Moves the reader's place without an event. */
export function placeText(id: string): string {
  return `id: ${id}\n\n`
}

/** How long a reader should wait before it connects again. */
export function retryText(ms: number): string {
  return `retry: ${ms}\n\n`
}
