// The bench runs, and prints every figure that it promises.
import { expect, test } from 'vitest'
import { run } from '../bench/ingest.bench.ts'
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
