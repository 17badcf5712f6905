// Follows the live tail of an ingest: connects, and where it breaks off connects again and goes on behind what was told
// before. In: where, and the filters; out: events as they come, without end. Throws AskError where it is refused, or
// where there is nobody at the start.
import { setTimeout as wait } from 'node:timers/promises'
import { tailEnd, tailSkipped, tailSpan, type TailSpan } from '@probespan/ingest/wire'
import { AskError, NoAnswer, pathWith, send, type IngestAddress, type Parameters } from '../client/ask.ts'
import { EventStream, type StreamEvent } from './event-stream.ts'

export type TailEvent =
  | { type: 'span'; span: TailSpan }
  | { type: 'skipped'; spans: number }
  /** It is tried again. */
  | { type: 'broken'; reason: string }
  | { type: 'again' }

const reconnectMs = 2_000
/** Ingest lets hear of itself every 15 s. */
const silenceMs = 45_000

export async function* follow(address: IngestAddress, filters: Parameters): AsyncGenerator<TailEvent> {
  const path = pathWith('/api/tail', filters)
  let lastId: string | undefined
  let isBroken = false
  for (;;) {
    let reason: string
    try {
      const stream = new EventStream(lastId)
      const response = await connect(address, path, lastId)
      if (isBroken) yield { type: 'again' }
      isBroken = false
      reason = yield* eventsOf(response, stream, (id) => (lastId = id))
    } catch (error) {
      // Whoever is not there at the start may have been named wrongly.
      if (!(error instanceof NoAnswer) || lastId === undefined) throw error
      reason = error.message
    }
    if (!isBroken) yield { type: 'broken', reason }
    isBroken = true
    await wait(reconnectMs)
  }
}

type Connection = { response: Response; timer: NodeJS.Timeout; silence: AbortSignal }

async function connect(
  address: IngestAddress,
  path: string,
  lastId: string | undefined,
): Promise<Connection> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), silenceMs)
  const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
  try {
    const response = await send(address, path, { headers, signal: silence.signal })
    return { response, timer, silence: silence.signal }
  } catch (error) {
    clearTimeout(timer)
    throw error
  }
}

/** Until it breaks off; gives why. */
async function* eventsOf(
  { response, timer, silence }: Connection,
  stream: EventStream,
  onPlace: (id: string | undefined) => void,
): AsyncGenerator<TailEvent, string> {
  const text = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) {
      timer.refresh()
      for (const event of stream.read(text.decode(chunk, { stream: true }))) {
        const known = tailEventOf(event)
        if (typeof known === 'string') return known
        if (known !== undefined) yield known
        onPlace(stream.lastId)
      }
      onPlace(stream.lastId)
    }
    return 'the connection ended'
  } catch (error) {
    if (error instanceof AskError) throw error
    if (silence.aborted) return `nothing came for ${silenceMs / 1_000} s`
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
  }
}

const endReasons = {
  stopped: 'ingest stops',
  slow: 'this end did not read',
} as const

/** A text: why it ends. Undefined: of a kind that a newer ingest may have. */
function tailEventOf({ event, data }: StreamEvent): TailEvent | string | undefined {
  const json: unknown = JSON.parse(data)
  if (event === 'span') return { type: 'span', span: tailSpan.parse(json) }
  if (event === 'skipped') return { type: 'skipped', spans: tailSkipped.parse(json).spans }
  if (event !== 'end') return undefined
  const { reason } = tailEnd.parse(json)
  if (reason === 'key') throw new AskError('the key does not count any more: the tail has ended')
  return endReasons[reason]
}
