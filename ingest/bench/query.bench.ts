// How long the real process takes to answer, through its HTTP API: over 2.4 million spans of an hour, then over 20 million,
// idle and while 50,000 spans a second arrive. Prints p50 and p95 of each question, and what the questions cost ingest of
// its rate. Takes some ten minutes; `short` looks only whether everything runs, with figures that mean little.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from './ingest.bench.ts'
import { largeRequestSpans } from './load.ts'
import { createAsker } from './query-asker.ts'
import type { Asker, Range } from './query-asker.ts'
import { questions } from './query-questions.ts'
import type { QuestionName } from './query-questions.ts'
import { startService } from './service.ts'
import type { Service } from './service.ts'

type Print = (figure: Figure) => void

type Plan = {
  fewSpans: number
  manySpans: number
  /** Of each question. */
  times: number
  timesBusy: number
  /** How long the rate is measured without questions. */
  rateMs: number
  /** Without work before questions are measured: filters are grouped when blocks have rested for ten seconds. */
  restSeconds: number
}
const whole: Plan = {
  fewSpans: 2_400_000,
  manySpans: 20_000_000,
  times: 60,
  timesBusy: 40,
  rateMs: 10_000,
  restSeconds: 12,
}
const short: Plan = {
  fewSpans: 20_000,
  manySpans: 60_000,
  times: 3,
  timesBusy: 3,
  rateMs: 1_000,
  restSeconds: 1,
}

/** Not counted: the first ones of each question start threads and read the file. */
const warmUps = 3
const fillConnections = 48
const busyConnections = 8
const busySpansPerSecond = 50_000
const rareTraces = 5
const hourNano = 3_600_000_000_000n
const busyMs = 600_000

export async function run(print: Print, isShort = false): Promise<void> {
  const plan = isShort ? short : whole
  const folder = mkdtempSync(join(tmpdir(), 'probespan-bench-'))
  const service = await startService(join(folder, 'query.db'))
  const end = BigInt(Date.now()) * 1_000_000n
  const range = { start: end - hourNano, end }
  try {
    await fill(service, plan.fewSpans, range)
    await service.settled(plan.restSeconds)
    await measure(service, plan.times, range, '', print)
    await measureBusy(service, plan, range, '_busy', print)
    // What came while it was busy lies behind the hour that is asked for.
    await fill(service, plan.manySpans - plan.fewSpans, range)
    await service.settled(plan.restSeconds)
    await measure(service, plan.times, range, '_20m', print)
    await measureBusy(service, plan, range, '_20m_busy', print)
    print({
      figure: 'query.peak_rss_mb',
      value: Math.round(service.peakRssBytes() / 2 ** 20),
      unit: 'MiB',
    })
    await service.stop()
  } finally {
    service.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Spread over the hour. */
async function fill(service: Service, spans: number, { start, end }: Range): Promise<void> {
  await service.feed({
    connections: fillConnections,
    spansPerRequest: largeRequestSpans,
    durationMs: 1,
    afterSpans: spans,
    findable: { from: String(start), to: String(end), rareTraces },
  })
}

async function measure(
  service: Service,
  times: number,
  range: Range,
  suffix: string,
  print: Print,
): Promise<void> {
  const asker = await createAsker(service.url, range)
  try {
    for (const name of questions.names) await measureOne(asker, name, times, suffix, print)
  } finally {
    asker.close()
  }
}

async function measureOne(
  asker: Asker,
  name: QuestionName,
  times: number,
  suffix: string,
  print: Print,
): Promise<void> {
  const ms: number[] = []
  for (let time = 0; time < warmUps + times; time++) {
    const took = await asker.ask(name, time)
    if (time >= warmUps) ms.push(took)
  }
  ms.sort((a, b) => a - b)
  for (const [quantile, part] of [
    ['p50', 0.5],
    ['p95', 0.95],
  ] as const) {
    const value = Number((ms[Math.floor(ms.length * part)] ?? Number.NaN).toFixed(2))
    print({ figure: `query.${name}_${quantile}_ms${suffix}`, value, unit: 'ms' })
  }
}

async function measureBusy(
  service: Service,
  { timesBusy, rateMs }: Plan,
  range: Range,
  suffix: string,
  print: Print,
): Promise<void> {
  const order = {
    connections: busyConnections,
    spansPerRequest: largeRequestSpans,
    spansPerSecond: busySpansPerSecond,
    afterSpans: 0,
    findable: { rareTraces: 0 },
  }
  const alone = await service.feed({ ...order, durationMs: rateMs })
  const feeding = await service.beginFeeding({ ...order, durationMs: busyMs })
  await measure(service, timesBusy, range, suffix, print)
  const together = await feeding.end()
  const ratio = together.spans / together.ms / (alone.spans / alone.ms)
  print({ figure: `query.ingest_ratio${suffix}`, value: Number(ratio.toFixed(3)), unit: 'ratio' })
}
