import { expect, test } from 'vitest'
import { traceTable } from './table.ts'

test('traces as aligned columns, names made harmless', () => {
  const trace = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    rootService: 'shop',
    rootName: 'GET /\u001b[2J',
    rootSeen: true,
    startUnixNano: '1795150740534578541',
    durationNano: '2500000',
    spanCount: 3,
    errorCount: 0,
    sources: ['bpftrace' as const, 'beyla' as const],
    services: ['shop'],
  }
  expect(traceTable([trace]).split('\n')).toEqual([
    'Trace ID                         | Started                    | Duration | Spans | Errors | Source         | Service | Root Operation',
    '---------------------------------|----------------------------|----------|-------|--------|----------------|---------|---------------',
    '0af7651916cd43dd8448eb211c80319c | 2026-11-20 04:59:00.534578 |   2.5 ms |     3 |      0 | bpftrace+beyla | shop    | GET /\\x1b[2J',
  ])
})
