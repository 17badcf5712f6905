// The loader's process: sends requests over keep-alive connections, one under way on each, and prints JSON lines:
// a `Sample` four times a second, at the end a `Summary`. Arguments: a `LoadOrder` as JSON. It writes to the sockets
// itself: node's HTTP client would take a third of what it shares with the service.
import { connect } from 'node:net'
import { createLoad } from './load.ts'
import type { Load } from './load.ts'

export type LoadOrder = {
  host: string
  port: number
  connections: number
  spansPerRequest: number
  /** Ends this long after `afterSpans` spans were answered. */
  durationMs: number
  afterSpans: number
  /** So many are sent at the most; undefined: as fast as they are answered. */
  spansPerSecond?: number
  /** Made to be asked for: spans start spread over this time, as sent (without one: now); see load.ts. Unix nanoseconds as text. */
  findable?: { from?: string; to?: string; rareTraces: number }
}
/** Spans answered 200 so far. */
export type Sample = { atMs: number; spans: number }
export type Summary = { spans: number; ms: number; answerP50Ms: number; answerP99Ms: number }

const samplesEveryMs = 250
const spansOfVariants = 32_000
const accepted = Buffer.from('HTTP/1.1 200 ')
const endOfHead = Buffer.from('\r\n\r\n')

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the bench's own argument
const order = JSON.parse(process.argv[2] ?? '') as LoadOrder
process.once('SIGTERM', () => (order.durationMs = 0))

const answerMs: number[] = []
let spans = 0
let ending = false
let [spansSent, rareSent] = [0, 0]

// All connections together send several blocks' worth before a body's attributes come again; each has two at least, so
// that none is written anew while it is being sent.
const variants = Math.max(2, Math.ceil(spansOfVariants / order.spansPerRequest / order.connections))
const { findable } = order
const loads = Array.from({ length: order.connections }, () =>
  createLoad(order.spansPerRequest, variants, headOf, {
    wideDurations: findable !== undefined,
    rare: false,
  }),
)
const rareLoad = createLoad(order.spansPerRequest, 2, headOf, { wideDurations: true, rare: true })
const startedMs = performance.now()

const print = (line: Sample | Summary): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const sampling = setInterval(() => print({ atMs: performance.now() - startedMs, spans }), samplesEveryMs)

await Promise.all(loads.map(run))
clearInterval(sampling)
answerMs.sort((a, b) => a - b)
print({
  spans,
  ms: performance.now() - startedMs,
  answerP50Ms: answerMs[Math.floor(answerMs.length / 2)] ?? 0,
  answerP99Ms: answerMs[Math.floor(answerMs.length * 0.99)] ?? 0,
})

function endSoon(): void {
  if (ending || spans < order.afterSpans) return
  ending = true
  setTimeout(() => (order.durationMs = 0), order.durationMs).unref()
}

/** Sends until the order is fulfilled; rejects on any answer but 200. */
function run(load: Load): Promise<void> {
  const socket = connect(order.port, order.host).setNoDelay(true)
  let sentMs = 0
  let answer = Buffer.alloc(0)
  const send = (): void => {
    sentMs = performance.now()
    socket.write(nextBody(load))
    spansSent += order.spansPerRequest
  }
  const sendWhenDue = (): void => {
    const { spansPerSecond = Number.POSITIVE_INFINITY } = order
    const waitMs = startedMs + (spansSent / spansPerSecond) * 1_000 - performance.now()
    if (waitMs > 0) setTimeout(send, waitMs)
    else send()
  }
  return new Promise((resolve, reject) => {
    socket.once('connect', sendWhenDue)
    socket.once('error', reject)
    socket.on('data', (chunk) => {
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk])
      // A success has no body: its head is all of it.
      if (!answer.includes(endOfHead)) return
      if (!answer.subarray(0, accepted.length).equals(accepted)) {
        socket.destroy()
        reject(new Error(`the service answered ${answer.toString('latin1', 0, 400)}`))
        return
      }
      answer = Buffer.alloc(0)
      answerMs.push(performance.now() - sentMs)
      spans += order.spansPerRequest
      endSoon()
      if (order.durationMs > 0) sendWhenDue()
      else socket.end(resolve)
    })
  })
}

function nextBody(load: Load): Buffer {
  if (findable?.from === undefined || findable.to === undefined)
    return load.next(BigInt(Date.now()) * 1_000_000n)
  const [from, to] = [BigInt(findable.from), BigInt(findable.to)]
  const part = Math.min(1, spansSent / order.afterSpans)
  const start = from + BigInt(Math.round(Number(to - from) * part))
  if (rareSent > part * findable.rareTraces) return load.next(start)
  rareSent++
  return rareLoad.next(start)
}

function headOf(bodyBytes: number): string {
  return (
    `POST /v1/traces HTTP/1.1\r\nhost: ${order.host}:${order.port}\r\n` +
    `content-type: application/x-protobuf\r\ncontent-length: ${bodyBytes}\r\n\r\n`
  )
}
