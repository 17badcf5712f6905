// A reader of server-sent events over real HTTP, for tests: collects events as they come, and can stop reading.
import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { onTestFinished } from 'vitest'
import type { TailSpan } from '../src/wire.ts'

export type Event = { event: string; id: string | undefined; data: unknown }

export type TailReader = {
  status: number
  response: IncomingMessage
  events: Event[]
  /** The last id that it was told, also by itself. */
  lastId: () => string | undefined
  /** Comments. */
  heartbeats: () => number
  /** Names of the spans told so far. */
  names: () => string[]
  /** Of spans skipped. */
  skipped: () => number
  ended: Promise<unknown>
  close: () => void
}

export async function openTail(
  url: string,
  query: string | Record<string, string> = '',
  headers: Record<string, string> = {},
): Promise<TailReader> {
  const text = typeof query === 'string' ? query : new URLSearchParams(query).toString()
  const request = get(`${url}/api/tail?${text}`, { headers, agent: false })
  onTestFinished(() => void request.destroy())
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const events: Event[] = []
  let [rest, lastId, heartbeats] = ['', undefined as string | undefined, 0]
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      if (block.startsWith(':')) heartbeats++
      const fields = new Map(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      lastId = fields.get('id') ?? lastId
      const data = fields.get('data')
      if (data !== undefined) {
        events.push({
          event: fields.get('event') ?? '',
          id: fields.get('id'),
          data: JSON.parse(data) as unknown,
        })
      }
    }
  })
  response.on('error', () => {})
  const of = (event: string) => events.filter((each) => each.event === event).map(({ data }) => data)
  return {
    status: response.statusCode ?? 0,
    response,
    events,
    lastId: () => lastId,
    heartbeats: () => heartbeats,
    names: () => (of('span') as TailSpan[]).map(({ name }) => name),
    skipped: () => (of('skipped') as { spans: number }[]).reduce((sum, { spans }) => sum + spans, 0),
    ended: new Promise((resolve) => response.once('close', resolve)),
    close: () => request.destroy(),
  }
}
