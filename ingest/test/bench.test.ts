// The benches run, and print every figure that they promise.
import { expect, test } from 'vitest'
import { run } from '../bench/ingest.bench.ts'
import { run as runQueries } from '../bench/query.bench.ts'
import type { Figure } from '../bench/ingest.bench.ts'

test('its short form prints every figure, each a number', async () => {
  const printed: Figure[] = []
  await run((figure) => printed.push(figure), true)
  expect(printed.map(({ figure }) => figure).sort()).toEqual(
    [
      'answer_p50_ms',
      'answer_p99_ms',
      'bytes_per_span',
      'peak_rss_mb',
      'rate_20m_over_1m',
      'raw_spans_per_s',
      'small_spans_per_s',
      'span_metrics_cpu_percent',
      'spans_per_cpu_s',
      'spans_per_s',
    ].map((name) => `ingest.${name}`),
  )
  // Not more: on a machine that is busy otherwise even the rate of half a second can be 0.
  expect(printed.filter(({ value }) => !(value >= 0))).toEqual([])
})

test('so does the bench of questions, idle and busy, few spans and many', async () => {
  const printed: Figure[] = []
  await runQueries((figure) => printed.push(figure), true)
  const suffixes = ['', '_busy', '_20m', '_20m_busy']
  const questions = 'by_id newest20 filtered errors rare absent services red structural'.split(' ')
  expect(printed.map(({ figure }) => figure).sort()).toEqual(
    [
      ...suffixes.flatMap((suffix) =>
        questions.flatMap((name) => [`${name}_p50_ms${suffix}`, `${name}_p95_ms${suffix}`]),
      ),
      'ingest_ratio_busy',
      'ingest_ratio_20m_busy',
      'peak_rss_mb',
    ]
      .map((name) => `query.${name}`)
      .sort(),
  )
  expect(printed.filter(({ value }) => !(value >= 0))).toEqual([])
})
