// What a sender meets when the store cannot take more: told to wait, in words and in a header, and nothing is lost.
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { zeroCounters } from '../src/counters.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { hexId, requestOf } from './sample.ts'
import { protobufType, temporaryFolder } from './running.ts'

test('over the bound of the write queue requests get 503 with Retry-After, and only those are missing', async () => {
  const store = openSqliteStore(`${temporaryFolder()}/probespan.db`, 1_000)
  const app = await createApp({
    config: { apiKey: undefined, explorerDir: '/nonexistent', ingestionEnabled: true },
    store,
    counters: zeroCounters(),
    log: pino({ level: 'silent' }),
  })
  onTestFinished(async () => {
    await app.close()
    await store.close()
  })
  const sent = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const traceId = hexId(index + 1, 32)
      const payload = requestOf([{ traceId, spanId: hexId(1, 16) }])
      const response = await app.inject({ method: 'POST', url: '/v1/traces', headers: protobufType, payload })
      return { traceId, response }
    }),
  )
  const refused = sent.filter(({ response }) => response.statusCode === 503)
  const accepted = sent.filter(({ response }) => response.statusCode === 200)
  expect(refused.length).toBeGreaterThan(0)
  expect(accepted.length).toBeGreaterThan(0)
  expect(refused.length + accepted.length).toBe(40)
  expect(refused[0]?.response.headers['retry-after']).toBe('1')
  const found = await store.findTraces({ limit: 100 })
  expect(found.map(({ traceId }) => traceId).sort()).toEqual(accepted.map(({ traceId }) => traceId).sort())
})
