import { expect, test } from 'vitest'
import { summarize } from './summary.ts'
import type { SpanFacts } from './summary.ts'

const fact = (over: Partial<SpanFacts>): SpanFacts => ({
  spanId: 1n,
  startUnixNano: 10n,
  durationNano: 5n,
  root: false,
  error: false,
  service: 'shop',
  name: 'GET /',
  source: 'otlp',
  ...over,
})

test('no spans, no summary', () => {
  expect(summarize('t', [])).toBeUndefined()
})

test('a trace is named after its root, though it came last and started later', () => {
  const spans = [
    fact({ spanId: 1n, name: 'early' }),
    fact({ spanId: 2n, name: 'root', root: true, startUnixNano: 11n }),
  ]
  expect(summarize('t', spans)).toMatchObject({ rootName: 'root', rootSeen: true, startUnixNano: '10' })
})

test('without a root it is named after the earliest span, of equals the longest, and says so', () => {
  const spans = [
    fact({ spanId: 1n, name: 'in queue', durationNano: 1n }),
    fact({ spanId: 2n, name: 'GET /hello', durationNano: 9n }),
    fact({ spanId: 3n, name: 'processing', startUnixNano: 11n, durationNano: 99n }),
  ]
  expect(summarize('t', spans)).toMatchObject({ rootName: 'GET /hello', rootSeen: false })
})

test('counts, sources and services are of all spans, each id once', () => {
  const spans = [
    fact({ spanId: 1n, error: true, source: 'otlp', service: 'b' }),
    fact({ spanId: 1n, error: true, source: 'otlp', service: 'b' }),
    fact({ spanId: 2n, source: 'beyla', service: 'a', startUnixNano: 2n, durationNano: 1n }),
  ]
  expect(summarize('t', spans)).toMatchObject({
    spanCount: 2,
    errorCount: 1,
    sources: ['beyla', 'otlp'],
    services: ['a', 'b'],
    startUnixNano: '2',
    durationNano: '13',
  })
})
