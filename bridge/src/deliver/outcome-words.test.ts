// What would break: a log that is silent about a receiver that is away, or filled by it.
import { expect, test } from 'vitest'
import { OutcomeWords } from './outcome-words.ts'
import type { Outcome } from './transport.ts'

const away: Outcome = { kind: 'away', reason: 'connect ECONNREFUSED' }
const refused: Outcome = { kind: 'refused', reason: '401 Unauthorized' }
const taken: Outcome = { kind: 'taken', rejectedSpans: 0, remark: '' }

test('away: at once, then twice a minute with how often meanwhile, and when it is over', () => {
  const words = new OutcomeWords('http://x', 'in memory')
  expect(words.of(taken, 1, 0)).toBeUndefined()
  expect(words.of(away, 1, 1000)).toEqual({
    level: 'warn',
    text: 'could not deliver to http://x (connect ECONNREFUSED): kept and tried again (in memory)',
  })
  expect(words.of(away, 1, 2000)).toBeUndefined()
  expect(words.of(away, 1, 30_999)).toBeUndefined()
  expect(words.of(away, 1, 31_000)?.text).toContain('(connect ECONNREFUSED), and 2 times more before: kept')
  expect(words.of(taken, 1, 33_500)).toEqual({
    level: 'info',
    text: 'delivering again to http://x, after 32.5 s',
  })
  expect(words.of(taken, 1, 33_600)).toBeUndefined()
  // The next time it is news again.
  expect(words.of(away, 1, 34_000)?.text).toContain('could not deliver')
})

test('refusals are not told for each batch, but are when away was told just before', () => {
  const words = new OutcomeWords('http://x', 'in memory')
  expect(words.of(away, 1, 0)?.level).toBe('warn')
  expect(words.of(refused, 1, 1)?.text).toMatch(/\(401 Unauthorized\): these spans are dropped/)
  expect(Array.from({ length: 100 }, (_, at) => words.of(refused, 1, at + 2)).filter(Boolean)).toEqual([])
})

test('a partial success is told with its reason', () => {
  const words = new OutcomeWords('http://x', 'in memory')
  const partial = { kind: 'taken', rejectedSpans: 2, remark: 'too old' } as const
  expect(words.of(partial, 10, 0)).toEqual({
    level: 'warn',
    text: 'http://x rejected 2 of 10 spans (too old)',
  })
  expect(words.of({ ...partial, remark: '' }, 10, 40_000)?.text).toContain('(without a reason)')
})
