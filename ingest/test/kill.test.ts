// A process killed in the middle of its work: every request that was answered 200 is there after a restart.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { traceAnswer } from '../src/wire.ts'
import { hexId, requestOf } from './sample.ts'
import { getTraces, post, protobufType, runChild, temporaryFolder } from './running.ts'

const rounds = 5
const senders = 8
const spansPerRequest = 5

/** Sends one trace a request until the service is gone; adds what was answered 200. */
async function sendUntilGone(url: string, answered: Set<string>, onAnswer: () => void): Promise<void> {
  for (;;) {
    const traceId = randomBytes(16).toString('hex')
    const spans = Array.from({ length: spansPerRequest }, (_, index) => ({
      traceId,
      spanId: hexId(index + 1, 16),
    }))
    try {
      const response = await post(`${url}/v1/traces`, requestOf(spans), protobufType)
      if (response.status !== 200) throw new Error(`answered ${response.status}`)
      answered.add(traceId)
      onAnswer()
    } catch (error) {
      if (error instanceof TypeError) return
      throw error
    }
  }
}

test('kill -9 under load, several times: every answered request is there, whole', async () => {
  const path = join(temporaryFolder(), 'probespan.db')
  const answered = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    const child = await runChild({ PROBESPAN_DB: path })
    const before = answered.size
    // A different moment of the commit cycle each round.
    const killAfter = 100 + 37 * round
    const onAnswer = () => {
      if (answered.size >= before + killAfter) child.process.kill('SIGKILL')
    }
    await Promise.all(Array.from({ length: senders }, () => sendUntilGone(child.url, answered, onAnswer)))
    expect(await child.exited).toEqual([null, 'SIGKILL'])
    expect(answered.size).toBeGreaterThanOrEqual(before + killAfter)
  }

  const { url } = await runChild({ PROBESPAN_DB: path })
  const lost: string[] = []
  for (const traceId of answered) {
    const response = await fetch(`${url}/api/traces/${traceId}`)
    const count = response.ok ? traceAnswer.parse(await response.json()).spans.length : 0
    if (count !== spansPerRequest) lost.push(`${traceId}: ${count} spans`)
  }
  expect(lost).toEqual([])
  // What was stored but not answered in time may be there too; it must be whole as well.
  const { traces } = await getTraces(url, '?limit=1000')
  expect(traces.every(({ spanCount }) => spanCount === spansPerRequest)).toBe(true)
  const db = new Database(path, { readonly: true })
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  db.close()
})
