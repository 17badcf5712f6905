// A process killed in the middle of its work, under senders that try again as exporters do: every request that was
// answered 200 is there after a restart, whole, and shown once however often it was sent. Also while blocks are merged.
// `PROBESPAN_KILL_ROUNDS=50 npx vitest run --project integration ingest/test/kill.test.ts` is the long form.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { checkStore } from '../src/store/sqlite/check.ts'
import { traceAnswer } from '../src/wire.ts'
import { hexId, requestOf } from './sample.ts'
import { getTraces, post, protobufType, runChild, temporaryFolder } from './running.ts'
import type { Child } from './running.ts'

const rounds = Number(process.env['PROBESPAN_KILL_ROUNDS'] ?? 5)
const senders = 8
const spansPerRequest = 5
const roundTimeoutMs = 12_000

type Request = { traceId: string; body: Buffer; attempts: number }

function nextRequest(): Request {
  const traceId = randomBytes(16).toString('hex')
  const spans = Array.from({ length: spansPerRequest }, (_, index) => ({
    traceId,
    spanId: hexId(index + 1, 16),
  }))
  return { traceId, body: requestOf(spans), attempts: 0 }
}

/** One trace a request. What was under way when the service went is sent again to the next one. */
class Sender {
  #request = nextRequest()
  retried = 0

  async sendUntilGone(url: string, onAnswer: (traceId: string) => void): Promise<void> {
    for (;;) {
      const status = await this.#send(url)
      if (status === undefined) return
      if (status !== 200) throw new Error(`answered ${status}`)
      if (this.#request.attempts > 1) this.retried++
      onAnswer(this.#request.traceId)
      this.#request = nextRequest()
    }
  }

  /** Undefined: no answer. */
  async #send(url: string): Promise<number | undefined> {
    this.#request.attempts++
    try {
      return (await post(`${url}/v1/traces`, this.#request.body, protobufType)).status
    } catch (error) {
      if (error instanceof TypeError) return undefined
      throw error
    }
  }
}

async function missing(child: Child, answered: ReadonlySet<string>): Promise<string[]> {
  const lost: string[] = []
  for (const traceId of answered) {
    const response = await fetch(`${child.url}/api/traces/${traceId}`)
    const count = response.ok ? traceAnswer.parse(await response.json()).spans.length : 0
    if (count !== spansPerRequest) lost.push(`${traceId}: ${count} spans`)
  }
  return lost
}

test(
  `kill -9 under load, ${rounds} times: every answered request is there, whole, and shown once`,
  { timeout: rounds * roundTimeoutMs },
  async () => {
    const path = join(temporaryFolder(), 'probespan.db')
    const answered = new Set<string>()
    const sending = Array.from({ length: senders }, () => new Sender())
    for (let round = 0; round < rounds; round++) {
      const child = await runChild({ PROBESPAN_DB: path })
      const before = answered.size
      // A different moment of the commit cycle each round.
      const killAfter = 100 + ((37 * round) % 250)
      const onAnswer = (traceId: string) => {
        answered.add(traceId)
        if (answered.size >= before + killAfter) child.process.kill('SIGKILL')
      }
      await Promise.all(sending.map((sender) => sender.sendUntilGone(child.url, onAnswer)))
      expect(await child.exited).toEqual([null, 'SIGKILL'])
      expect(answered.size).toBeGreaterThanOrEqual(before + killAfter)
    }
    expect(sending.reduce((sum, { retried }) => sum + retried, 0)).toBeGreaterThan(0)

    const child = await runChild({ PROBESPAN_DB: path })
    expect(await missing(child, answered)).toEqual([])
    // What was stored but not answered in time may be there too; it must be whole as well.
    const { traces } = await getTraces(child.url, '?limit=1000')
    expect(traces.every(({ spanCount }) => spanCount === spansPerRequest)).toBe(true)
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(traces.length)
    const db = new Database(path, { readonly: true })
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    db.close()
  },
)

/** Numbers of the traces that were durable; killed after so many. */
async function compactUntilKilled(path: string, first: number, lines: number): Promise<number[]> {
  const script = fileURLToPath(new URL('./compacting-main.ts', import.meta.url))
  const child = spawn(process.execPath, [script, path, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const durable: number[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    durable.push(Number(line))
    if (durable.length === lines) child.kill('SIGKILL')
  }
  return durable
}

test(
  'kill -9 while small blocks are merged: every durable trace is there, and all fits together',
  { timeout: rounds * roundTimeoutMs },
  async () => {
    const path = join(temporaryFolder(), 'probespan.db')
    const durable: number[] = []
    for (let round = 0; round < rounds; round++) {
      durable.push(...(await compactUntilKilled(path, (durable.at(-1) ?? 0) + 1, 41 + ((round * 7) % 20))))
    }
    expect(durable.length).toBeGreaterThanOrEqual(rounds * 41)
    const child = await runChild({ PROBESPAN_DB: path })
    const { traces } = await getTraces(child.url, '?limit=1000')
    const found = new Map(traces.map(({ traceId, spanCount }) => [traceId, spanCount]))
    const newest = durable.slice(-900)
    expect(newest.filter((number) => found.get(hexId(number, 32)) !== 2)).toEqual([])
    const { problems, blocks, spans } = checkStore(path)
    expect(problems).toEqual([])
    expect(spans).toBeGreaterThanOrEqual(durable.length * 2)
    expect(blocks).toBeLessThan(durable.length)
  },
)
