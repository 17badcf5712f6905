// What would break: a supervisor that restarts a bridge that is well, or leaves one that is not.
import { expect, test } from 'vitest'
import type { DeliveryState } from '../deliver/delivery.ts'
import { verdictOf } from './verdict.ts'

const nowMs = Date.parse('2026-11-20T06:00:00Z')
const idle: DeliveryState = {
  queuedSpans: 0,
  queuedBytes: 0,
  spooledSpans: 0,
  spooledBytes: 0,
  hasSpool: false,
}

test('attached and nothing to deliver yet is well', () => {
  expect(verdictOf({ attached: true, delivery: idle }, nowMs)).toEqual({
    status: 'ok',
    problems: [],
    attached: true,
    delivering: true,
    lastDelivery: null,
    queuedSpans: 0,
    spool: null,
  })
})

test('not attached, and a receiver that is away: both, with since when and how much waits', () => {
  const trouble = {
    kind: 'away',
    reason: 'connect ECONNREFUSED',
    attempts: 3,
    sinceMs: nowMs - 12_300,
  } as const
  const delivery = {
    ...idle,
    hasSpool: true,
    spooledSpans: 7,
    spooledBytes: 900,
    lastDeliveryMs: nowMs - 20_000,
    trouble,
  }
  expect(verdictOf({ attached: false, delivery }, nowMs)).toEqual({
    status: 'failing',
    problems: [
      'not attached: no events are seen',
      'the receiver takes nothing, for 12 s and 3 attempts: connect ECONNREFUSED',
    ],
    attached: false,
    delivering: false,
    lastDelivery: '2026-11-20T05:59:40.000Z',
    queuedSpans: 0,
    spool: { spans: 7, bytes: 900 },
  })
})

test('a receiver that refuses what it gets is not delivering', () => {
  const trouble = { kind: 'refused', reason: '401 Unauthorized', attempts: 1, sinceMs: nowMs } as const
  expect(verdictOf({ attached: true, delivery: { ...idle, trouble } }, nowMs)).toMatchObject({
    status: 'failing',
    problems: [expect.stringMatching(/refuses.*401/)],
  })
})
