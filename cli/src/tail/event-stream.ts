// Server-sent events out of the text of a stream, however it is cut into chunks, as the HTML standard reads them. In:
// chunks; out: events, and the last id that was told, also by itself. Pure.

export type StreamEvent = { event: string; data: string }

export class EventStream {
  /** What to go on from. */
  lastId: string | undefined
  #rest = ''
  #event = ''
  #data: string[] = []
  #id: string | undefined

  constructor(lastId: string | undefined) {
    this.lastId = lastId
    this.#id = lastId
  }

  /** Events that are whole now. */
  *read(chunk: string): Generator<StreamEvent> {
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line !== '') this.#field(line)
      else yield* this.#dispatch()
    }
  }

  #field(line: string): void {
    const at = line.indexOf(':')
    const name = at === -1 ? line : line.slice(0, at)
    const value = at === -1 ? '' : line.slice(at + 1).replace(/^ /, '')
    if (name === 'event') this.#event = value
    if (name === 'data') this.#data.push(value)
    if (name === 'id' && !value.includes('\0')) this.#id = value
  }

  *#dispatch(): Generator<StreamEvent> {
    const [event, data] = [this.#event, this.#data]
    this.#event = ''
    this.#data = []
    // Behind the event: who stops in it has it again.
    if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') }
    this.lastId = this.#id
  }
}
