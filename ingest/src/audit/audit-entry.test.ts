import { expect, test } from 'vitest'
import type { ObservedRequest } from '../asked/observed-requests.ts'
import { emptyRecord } from '../asked/request-record.ts'
import type { AskedQuestion } from '../asked/request-record.ts'
import { auditEntry } from './audit-entry.ts'

const keys = { nameOf: () => 'reader', isKey: (text: string) => text === 'the-key' }
const end = { status: 200, endMs: 112.3456, brokenOff: false }

function request(given: Partial<ObservedRequest>): ObservedRequest {
  return {
    protocol: 'http',
    method: 'GET',
    route: '/api/traces',
    path: '/api/traces',
    parameters: {},
    headers: {},
    address: '10.0.0.1',
    secure: false,
    atUnixMs: 0,
    startMs: 100,
    record: emptyRecord(),
    isLasting: false,
    ...given,
  }
}

function question(given: Partial<AskedQuestion>): AskedQuestion {
  return {
    kind: 'search',
    range: { start: undefined, end: undefined },
    startMs: 0,
    endMs: 0,
    waitMs: 0,
    readMs: 0,
    blocksInspected: undefined,
    spansInspected: undefined,
    returned: undefined,
    cutShort: undefined,
    failure: undefined,
    ...given,
  }
}

test('what clients send is bounded, however long and many', () => {
  const parameters = Object.fromEntries(
    Array.from({ length: 900 }, (_, at) => [
      `p${at}${'n'.repeat(5_000)}`,
      Array(900).fill('x'.repeat(50_000)),
    ]),
  )
  const headers = { 'x-forwarded-for': '1'.repeat(60_000) }
  const entry = auditEntry(request({ parameters, headers, path: '/a'.repeat(9_000) }), end, keys)
  expect(JSON.stringify(entry).length).toBeLessThan(1_200_000)
  expect(Object.values(entry.parameters)[0]?.[0]).toMatch(/^x{1000}…$/)
  expect(entry.durationMs).toBe(12.346)
})

test('neither a key nor what is called one is written down', () => {
  const parameters = {
    q: 'the-key',
    list: ['a', 'the-key'],
    access_token: 'x',
    Authorization: 'y',
    'db-password': 'z',
  }
  expect(auditEntry(request({ parameters }), end, keys).parameters).toEqual({
    q: '(hidden)',
    list: ['a', '(hidden)'],
    access_token: '(hidden)',
    Authorization: '(hidden)',
    'db-password': '(hidden)',
  })
})

test('several questions: the widest range, what all of them took', () => {
  const record = {
    questions: [
      question({ range: { start: 5n, end: 9n }, spansInspected: 10, returned: 1 }),
      question({ range: { start: 3n, end: undefined }, spansInspected: 20, returned: 2, cutShort: 'so' }),
      question({ kind: 'services', range: { start: 4n, end: 8n } }),
    ],
    questionsMore: 0,
    parameters: { depth: 20n, attributes: { a: 'b' } },
  }
  const entry = auditEntry(request({ record }), end, keys)
  expect(entry).toMatchObject({
    parameters: { depth: '20', attributes: '{"a":"b"}' },
    rangeStart: '3',
    questions: { search: 2, services: 1 },
    spansInspected: 30,
    returned: 3,
    cutShort: true,
  })
  expect(entry).not.toHaveProperty('rangeEnd')
})

test('a request that was broken off has no status it was not given', () => {
  const entry = auditEntry(request({}), { ...end, status: undefined, brokenOff: true }, keys)
  expect(entry).toMatchObject({ brokenOff: true })
  expect(entry).not.toHaveProperty('status')
})
