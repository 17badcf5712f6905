// How many spans a second the real process takes, durably acknowledged, from a loader in another process that shares
// the machine with it; what it costs in CPU, memory and disk; and whether it slows as the store grows.
// Takes some minutes; `short` looks only whether everything runs, with figures that mean little.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { largeRequestSpans, smallRequestSpans } from './load.ts'
import type { Sample } from './loader-main.ts'
import { rawSpansPerSecond } from './raw.ts'
import { startService } from './service.ts'
import type { Service } from './service.ts'

export type Figure = { figure: string; value: number; unit: string }
type Print = (figure: Figure) => void

type Plan = {
  largeMs: number
  smallMs: number
  rawMs: number
  /** The rate is compared from this many stored spans on … */
  fewSpans: number
  /** … with that from this many on, */
  manySpans: number
  /** each over this long. */
  rateMs: number
}

const whole: Plan = {
  largeMs: 20_000,
  smallMs: 10_000,
  rawMs: 5_000,
  fewSpans: 1_000_000,
  manySpans: 20_000_000,
  rateMs: 10_000,
}
const short: Plan = {
  largeMs: 2_000,
  smallMs: 1_000,
  rawMs: 500,
  fewSpans: 10_000,
  manySpans: 200_000,
  rateMs: 1_500,
}
// Enough that a commit fills a block while the next is on its way.
const largeConnections = 48
const smallConnections = 64

const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits))

export async function run(print: Print, isShort = false): Promise<void> {
  const plan = isShort ? short : whole
  const folder = mkdtempSync(join(tmpdir(), 'probespan-bench-'))
  try {
    await measureLarge(plan, join(folder, 'large.db'), print)
    await measureSmall(plan, join(folder, 'small.db'), print)
    const raw = rawSpansPerSecond(join(folder, 'raw'), plan.rawMs)
    print({ figure: 'ingest.raw_spans_per_s', value: rounded(raw), unit: 'spans/s' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureLarge(plan: Plan, path: string, print: Print): Promise<void> {
  const { fed, peakRssBytes } = await served(path, async (service) => {
    const fed = await service.feed({
      connections: largeConnections,
      spansPerRequest: largeRequestSpans,
      durationMs: plan.largeMs,
      afterSpans: 0,
    })
    return { fed, peakRssBytes: service.peakRssBytes() }
  })
  const { spans, ms, cpuSeconds, countingCpuSeconds, answerP50Ms, answerP99Ms } = fed
  const countingPercent = (100 * countingCpuSeconds) / (cpuSeconds - countingCpuSeconds)
  const bytesPerSpan = statSync(path).size / spans
  print({ figure: 'ingest.spans_per_s', value: rounded(spans / (ms / 1000)), unit: 'spans/s' })
  print({ figure: 'ingest.spans_per_cpu_s', value: rounded(spans / cpuSeconds), unit: 'spans/CPU s' })
  print({ figure: 'ingest.span_metrics_cpu_percent', value: rounded(countingPercent, 1), unit: '%' })
  print({ figure: 'ingest.answer_p50_ms', value: rounded(answerP50Ms, 1), unit: 'ms' })
  print({ figure: 'ingest.answer_p99_ms', value: rounded(answerP99Ms, 1), unit: 'ms' })
  print({ figure: 'ingest.bytes_per_span', value: rounded(bytesPerSpan, 1), unit: 'B/span' })
  print({ figure: 'ingest.peak_rss_mb', value: rounded(peakRssBytes / 1e6), unit: 'MB' })

  // On with the same store, which holds `spans` by now.
  const filled = await served(path, (service) =>
    service.feed({
      connections: largeConnections,
      spansPerRequest: largeRequestSpans,
      durationMs: plan.rateMs,
      afterSpans: plan.manySpans - spans,
    }),
  )
  const ratio =
    rateFrom(filled.samples, plan.manySpans - spans, plan.rateMs) /
    rateFrom(fed.samples, plan.fewSpans, plan.rateMs)
  print({ figure: 'ingest.rate_20m_over_1m', value: rounded(ratio, 2), unit: 'ratio' })
}

async function measureSmall(plan: Plan, path: string, print: Print): Promise<void> {
  const { spans, ms } = await served(path, (service) =>
    service.feed({
      connections: smallConnections,
      spansPerRequest: smallRequestSpans,
      durationMs: plan.smallMs,
      afterSpans: 0,
    }),
  )
  print({ figure: 'ingest.small_spans_per_s', value: rounded(spans / (ms / 1000)), unit: 'spans/s' })
}

/** Spans a millisecond during `ms` from the sample on that has so many spans; less long where samples end before. */
function rateFrom(samples: readonly Sample[], spans: number, ms: number): number {
  const from = samples.find((sample) => sample.spans >= spans) ?? samples[0]
  const until = samples.findLast((sample) => sample.atMs <= (from?.atMs ?? 0) + ms)
  if (from === undefined || until === undefined || until.atMs === from.atMs) return Number.NaN
  return (until.spans - from.spans) / (until.atMs - from.atMs)
}

async function served<T>(path: string, work: (service: Service) => Promise<T>): Promise<T> {
  const service = await startService(path)
  try {
    const result = await work(service)
    await service.stop()
    return result
  } finally {
    service.kill()
  }
}
