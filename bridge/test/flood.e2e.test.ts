// What would break: losses that are guessed, told late, or told though there were none. A program of several processes
// and threads (flood.c) fires more than a small buffer holds and then goes on quietly; two bridges watch it at once,
// pairing here and in the kernel. On the machine's own bpftrace, and by `npm run test:versions` on each.
import { describe, expect, test } from 'vitest'
import type { BridgeReport } from '../src/report.ts'
import { Folder } from './bridge-process.ts'
import type { DecodedSpan } from './otlp-decode.ts'
import { ProbeProgram } from './probe-program.ts'
import { testedVersions } from './roots/versions.ts'
import { until } from './waiting.ts'
import { WatchedBridge } from './watched-bridge.ts'

type Pairing = 'bridge' | 'kernel'

const packOf = (pair: Pairing): string => `name: flood
provider: flood
spans:
  burst: { start: burst_start, end: burst_end, match: arg0, pair: ${pair}, ttl: 3s }
  drip: { point: drip, match: arg0, attributes: { id: { value: arg0 } } }
`
/** A few thousand events, and the drips of seconds: while a machine is busy these wait. */
const bufferPages = '64'
const patience = { timeout: 20_000, interval: 50 }
const { versions, cannotTrace } = testedVersions()

describe.skipIf(cannotTrace).for(versions)('bpftrace $version', ({ program }) => {
  test('more than the buffer holds, from several processes: lost is what did not come, while events flow on', async () => {
    using folder = new Folder()
    await using target = await ProbeProgram.start('flood', folder.path)
    const env = { PROBESPAN_BPFTRACE: program, BPFTRACE_PERF_RB_PAGES: bufferPages }
    const watch = (pair: Pairing) => WatchedBridge.start(target.path, folder, packOf(pair), env)
    await using bridge = await watch('bridge')
    await using kernel = await watch('kernel')
    target.goOn()
    const [, pairs = 0] = (await target.says(/flooded (\d+)\n/)).map(Number)
    const fired = { bridge: 2 * pairs, kernel: pairs }
    const told: Record<Pairing, number[]> = { bridge: [], kernel: [] }
    const dripsLost: Record<Pairing, number> = { bridge: 0, kernel: 0 }
    for (const [pair, watched] of entries({ bridge, kernel })) {
      await until(() => dripsIn(watched.spans).length > 100)
      // What came and what is told as lost make up all that was fired: neither can grow any more.
      const accounted = async (): Promise<number> => {
        const report = await watched.report()
        told[pair].push(report.lost)
        dripsLost[pair] = dripsMissing(watched.spans)
        return arrivedIn(report, pair) + report.lost - dripsLost[pair]
      }
      await expect.poll(accounted, patience).toBe(fired[pair])
    }
    const { points } = await bridge.report()
    await expect.poll(() => bridge.report(), patience).toMatchObject({ open: 0, held: 0 })
    await expect.poll(async () => (await bridge.report()).points, patience).toBeGreaterThan(points)
    target.goOn()
    const [, dripped = 0] = (await target.says(/done (\d+)\n/)).map(Number)
    for (const [pair, watched] of entries({ bridge, kernel })) {
      expect(await watched.stop(), watched.said).toBe(0)
      const [starts, ends, points, lost] = lastWords(watched.said)
      expect((pair === 'bridge' ? starts + ends : ends) + points + lost).toBe(fired[pair] + dripped)
      // Of the burst everything was told then; a drip may be lost later where a machine is that busy.
      expect(told[pair].at(-1)).toBe(lost - (dripped - points - dripsLost[pair]))
      expect(told[pair]).toEqual(told[pair].toSorted((one, other) => one - other))
      expect(lost).toBeGreaterThan(1000)
    }
    const incomplete = bridge.spans.filter(({ attributes }) => attributes['probespan.incomplete'])
    expect(incomplete.length).toBeGreaterThan(0)
    expect(incomplete.filter((span) => !isNearLoss(span))).toEqual([])
    // The last quarter of a second.
    expect(dripsIn(bridge.spans).slice(-100).every(isNearLoss)).toBe(false)
  })
})

/** Of the burst. In the kernel a pair is one event. */
const arrivedIn = ({ starts, ends }: BridgeReport, pair: Pairing): number =>
  pair === 'bridge' ? starts + ends : ends

function entries<T>(record: Record<Pairing, T>): [Pairing, T][] {
  return Object.entries(record) as [Pairing, T][]
}

const dripsIn = (spans: readonly DecodedSpan[]): DecodedSpan[] => spans.filter(({ name }) => name === 'drip')
const isNearLoss = ({ attributes }: DecodedSpan): boolean => attributes['probespan.near_loss'] === true

/** Of those until the last that came: they are numbered from 1 on. */
function dripsMissing(spans: readonly DecodedSpan[]): number {
  const ids = dripsIn(spans).map(({ attributes }) => Number(attributes.id))
  return ids.reduce((most, id) => Math.max(most, id), 0) - ids.length
}

/** Starts, ends, points, lost events. */
function lastWords(said: string): [number, number, number, number] {
  const numbers =
    /(\d+) starts and (\d+) ends became .*, (\d+) points .* (\d+) events lost in the kernel/.exec(said)
  const [, starts = NaN, ends = NaN, points = NaN, lost = NaN] = (numbers ?? []).map(Number)
  return [starts, ends, points, lost]
}
