// What would break: a span that never was, one that was and is not told, or is told with another's key, text, process,
// parent or times. A program of several processes and threads (truth.c) writes what is true; two bridges watch it at
// once, pairing here and in the kernel. On the machine's own bpftrace, and by `npm run test:versions` on each.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BridgeReport } from '../src/report.ts'
import { Folder } from './bridge-process.ts'
import type { DecodedSpan } from './otlp-decode.ts'
import { ProbeProgram } from './probe-program.ts'
import { testedVersions } from './roots/versions.ts'
import type { Interval } from './target.ts'
import { readTruth, type TrueSpan } from './true-spans.ts'
import { WatchedBridge } from './watched-bridge.ts'

type Pairing = 'bridge' | 'kernel'

/** Calls nest, which pairing in the kernel cannot express. */
const packOf = (pair: Pairing): string => `name: truth
provider: truth
spans:
  request:
    start: request_start
    end: request_end
    match: arg0
    pair: ${pair}
    ttl: 3s
    attributes:
      key: { at: start, value: arg0, type: string }
      text: { at: start, value: str(arg1) }
      serial: { at: start, value: arg2 }
      end: { at: end, value: arg1 }
  call:
    start: call_start
    end: call_end
    match: tid
    within: { span: call, by: thread }
    ttl: 3s
    attributes:
      serial: { at: start, value: arg0 }
      end: { at: end, value: arg0 }
  job:
    start: job_start
    end: job_end
    match: str(arg0)
    pair: ${pair}
    ttl: 3s
    attributes:
      key: { at: start, value: str(arg0) }
      serial: { at: start, value: arg1 }
      end: { at: end, value: arg1 }
`
/** All that the program fires fits, so that what a busy machine delays is not lost: from 0.23 a string takes 1 KiB of it. */
const roomy = { BPFTRACE_PERF_RB_PAGES: '4096', BPFTRACE_MAX_STRLEN: '256' }
const patience = { timeout: 20_000, interval: 100 }
const { versions, cannotTrace } = testedVersions()

describe.skipIf(cannotTrace).for(versions)('bpftrace $version', ({ program }) => {
  test('every span of a program that does all at once is told, no other is, and the accounts close', async () => {
    using folder = new Folder()
    const written = join(folder.path, 'written')
    mkdirSync(written)
    await using target = await ProbeProgram.start('truth', folder.path, [written])
    const env = { PROBESPAN_BPFTRACE: program, ...roomy }
    const watch = (pair: Pairing) => WatchedBridge.start(target.path, folder, packOf(pair), env)
    await using bridge = await watch('bridge')
    await using kernel = await watch('kernel')
    target.goOn()
    await target.says(/done/)
    const truth = readTruth(written)
    for (const [pair, watched] of Object.entries({ bridge, kernel })) {
      const accounts = accountsOf(truth, pair)
      await expect.poll(() => watched.report().then(withGivenUp), patience).toMatchObject(accounts)
      const { clockErrorSeconds } = await watched.report()
      expect(await watched.stop(), watched.said).toBe(0)

      const { spans } = watched
      const expected = truth.filter((each) => each.start && (each.end || !isPairedInKernel(each, pair)))
      const [missing, untrue] = difference(expected.map(textOfTrue), toldIn(spans))
      expect({ missing: missing.slice(0, 5), untrue: untrue.slice(0, 5) }).toEqual({
        missing: [],
        untrue: [],
      })

      // One constant puts every time between the program's readings around it: the clocks' difference, within its error.
      const { leastNs, mostNs } = shiftsThatFit(expected, spans)
      const errorNs = BigInt(Math.ceil(clockErrorSeconds * 1e9))
      expect(leastNs).toBeLessThanOrEqual(mostNs)
      expect(leastNs).toBeLessThanOrEqual(errorNs)
      expect(mostNs).toBeGreaterThanOrEqual(-errorNs)
    }
  })
})

const isPairedInKernel = ({ kind }: TrueSpan, pair: string): boolean => pair === 'kernel' && kind !== 'call'

const nothingElse = {
  open: 0,
  held: 0,
  superseded: 0,
  supersededInKernel: 0,
  evicted: 0,
  keylessStarts: 0,
  keylessEnds: 0,
  parentless: 0,
  lost: 0,
  reportedLost: 0,
  late: 0,
  malformed: 0,
  bpftraceRestarts: 0,
} satisfies Partial<BridgeReport>

type Accounts = Partial<BridgeReport> & { givenUp: number }

/** A start without an end is given up when its time is over, or with its process where that ends before. */
const withGivenUp = (report: BridgeReport): Accounts => ({
  ...report,
  givenUp: report.expired + report.processEnded,
})

/** What the bridge must have counted of it. */
function accountsOf(truth: readonly TrueSpan[], pair: string): Accounts {
  const here = truth.filter((each) => !isPairedInKernel(each, pair))
  const inKernel = truth.filter((each) => isPairedInKernel(each, pair))
  const paired = truth.filter(({ start, end }) => start && end).length
  const [open, orphaned] = [here.filter(({ end }) => !end).length, here.filter(({ start }) => !start).length]
  return {
    starts: paired + open,
    ends: paired + orphaned,
    paired,
    givenUp: open,
    orphaned,
    orphanedInKernel: inKernel.filter(({ start }) => !start).length,
    exported: paired + open,
    ...nothingElse,
  }
}

/** A span as it is compared: everything but its times. */
function textOfTrue({ kind, serial, parent, pid, tid, start, end, key, text }: TrueSpan): string {
  return JSON.stringify([
    [kind, Number(serial), end && Number(serial), parent && Number(parent), Number(pid), Number(tid)],
    // Bytes that are no UTF-8 become U+FFFD each.
    [key?.toString('utf8'), text?.toString('utf8'), start && !end ? 'given up' : undefined],
  ])
}

const givenUpReasons = new Set<unknown>(['expired', 'process_ended'])

function toldIn(spans: readonly DecodedSpan[]): string[] {
  const serials = new Map(spans.map(({ spanId, attributes }) => [spanId, Number(attributes.serial)]))
  return spans.map(({ name, parentSpanId, attributes, resource }) => {
    const { serial, end, key, text } = attributes
    const parent = parentSpanId === '' ? undefined : (serials.get(parentSpanId) ?? 'not told')
    const tid = Number(attributes['thread.id'])
    return JSON.stringify([
      [name, Number(serial), end && Number(end), parent, Number(resource['process.pid']), tid],
      [key, text, givenUpReasons.has(attributes['probespan.incomplete']) ? 'given up' : undefined],
    ])
  })
}

/** What is in the one and not in the other, each as often as it is. */
function difference(one: readonly string[], other: readonly string[]): [string[], string[]] {
  const counts = new Map<string, number>()
  for (const each of one) counts.set(each, (counts.get(each) ?? 0) + 1)
  for (const each of other) counts.set(each, (counts.get(each) ?? 0) - 1)
  const repeated = (sign: number) =>
    [...counts].flatMap(([each, count]) => Array.from({ length: Math.max(0, sign * count) }, () => each))
  return [repeated(1), repeated(-1)]
}

/** By how much the spans' times may be shifted, all by the same, so that each lies within its interval. */
function shiftsThatFit(
  truth: readonly TrueSpan[],
  spans: readonly DecodedSpan[],
): { leastNs: bigint; mostNs: bigint } {
  const bySerial = new Map(truth.map((each) => [each.serial, each]))
  let [leastNs, mostNs] = [-(2n ** 63n), 2n ** 63n]
  const take = (timeNs: bigint, interval: Interval | undefined): void => {
    if (!interval) return
    const { beforeNs, afterNs } = interval
    if (beforeNs - timeNs > leastNs) leastNs = beforeNs - timeNs
    if (afterNs - timeNs < mostNs) mostNs = afterNs - timeNs
  }
  for (const { attributes, startNs, endNs } of spans) {
    const of = bySerial.get(attributes.serial as bigint)
    take(startNs, of?.start)
    take(endNs, of?.end)
  }
  return { leastNs, mostNs }
}
