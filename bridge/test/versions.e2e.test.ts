// What would break: spans that depend on which bpftrace a machine has. The machine's own, and with PROBESPAN_VERSIONS=all
// (npm run test:versions) each version that must be supported, over the same programs, compared with what those programs
// say of themselves. None may be missing then.
import { beforeAll, describe, expect, test } from 'vitest'
import { buildAddon, type LogLine } from '@probespan/usdt-demo'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { DemoShop } from './demo-shop.ts'
import type { DecodedSpan, DecodedValue } from './otlp-decode.ts'
import { Receiver } from './receiver.ts'
import { missingVersions, testedVersions } from './roots/versions.ts'
import { extremes } from './value-extremes.ts'
import { ValueProgram } from './value-program.ts'

const requests = 300
const all = process.env.PROBESPAN_VERSIONS === 'all'
const cannotTrace = process.getuid?.() !== 0 && !all
const script = fileURLToPath(new URL('../../scripts-bt/fosdem.bt', import.meta.url))
/** Kinds and codes as OTLP numbers them. */
const [server, error] = [2, 2]

if (cannotTrace) console.warn('SKIPPED: attaching to probes needs root')

test.runIf(all)('every version is there', () => {
  expect(missingVersions()).toEqual([])
})

describe.skipIf(cannotTrace).for(testedVersions().versions)('bpftrace $version', ({ program }) => {
  beforeAll(async () => {
    await buildAddon()
  })

  test('a definition: every request of the shop, with its exact times; inner spans inside', async () => {
    await using receiver = await Receiver.start()
    await using shop = await DemoShop.start()
    const env = { PROBESPAN_BPFTRACE: program, PROBESPAN_PACK: 'demo' }
    const said = await traced(env, receiver, shop.pid, async () => {
      await shop.serve(requests)
      await shop.stop()
    })
    const log = shop.log()
    expect(log).toHaveLength(requests)
    const { spans } = receiver
    const seen = spans.filter(({ kind }) => kind === server)
    expect(byId(seen.map(requestOf))).toEqual(byId(log.map(loggedRequest)))

    const inner = spans.filter(({ kind }) => kind !== server)
    expect(inner.length).toBeGreaterThan(requests)
    const parents = new Map(seen.map((span) => [`${span.traceId} ${span.spanId}`, span]))
    const outside = inner.filter((span) => {
      const parent = parents.get(`${span.traceId} ${span.parentSpanId}`)
      return !parent || span.startNs < parent.startNs || span.endNs > parent.endNs
    })
    expect(outside).toEqual([])
    expect(said).toContain(' 0 open, 0 expired, 0 evicted, 0 orphaned ends; 0 events lost in the kernel;')
  })

  test('a script that prints its own events: the same requests', async () => {
    await using receiver = await Receiver.start()
    await using shop = await DemoShop.start()
    const env = { PROBESPAN_BPFTRACE: program, BPFTRACE_SCRIPT: script, SERVICE_NAME: 'shop' }
    await traced(env, receiver, shop.pid, async () => {
      await shop.serve(requests)
      await shop.stop()
    })
    const log = shop.log()
    expect(log).toHaveLength(requests)
    const seen = receiver.spans.map(({ name, kind, startNs, endNs, attributes }) => ({
      id: attributes.reqid,
      name,
      kind,
      startNs,
      endNs,
    }))
    const served = log.map((line) => ({ id: line.id, name: 'request', kind: server, ...timesOf(line) }))
    expect(byId(seen)).toEqual(byId(served))
  })

  test('texts and integers of every kind come out as the program had them', async () => {
    using folder = new Folder()
    await using receiver = await Receiver.start()
    using target = await ValueProgram.start(folder.path)
    const env = { PROBESPAN_BPFTRACE: program, PROBESPAN_PACK: folder.write('values.yaml', valuesPack) }
    await traced(env, receiver, target.pid, () => target.fire(extremes))
    const seen = receiver.spans.map(({ attributes }) => attributes)
    const expected = extremes.map(({ text, signed, unsigned, signed32, unsigned32 }, index) => ({
      'thread.id': BigInt(target.pid),
      index: BigInt(index),
      // Bytes that are no UTF-8 become U+FFFD each.
      text: text.toString('utf8'),
      signed: exact(signed),
      unsigned: exact(unsigned),
      signed32: BigInt(signed32),
      unsigned32: BigInt(unsigned32),
      'signed is negative': signed < 0n,
      'unsigned is large': unsigned > 1n << 63n,
    }))
    expect(seen.toSorted((a, b) => Number(a.index) - Number(b.index))).toEqual(expected)
  })

  test('a text that is too long is cut between letters and says so; one that just fits does not', async () => {
    using folder = new Folder()
    await using receiver = await Receiver.start()
    using target = await ValueProgram.start(folder.path)
    const pack = valuesPack.replace('text:', 'short: { at: end, value: "str(arg3, 8)" }\n      text:')
    const env = { PROBESPAN_BPFTRACE: program, PROBESPAN_PACK: folder.write('values.yaml', pack) }
    const texts = Array.from({ length: 1100 }, (_, length) =>
      (length % 3 === 0 ? 'é' : 'x').repeat(length / 2 + 1),
    )
    const rest = { signed: 0n, unsigned: 0n, signed32: 0, unsigned32: 0 }
    await traced(env, receiver, target.pid, () =>
      target.fire([...texts, 'x'.repeat(1500)].map((text) => ({ text: Buffer.from(text), ...rest }))),
    )
    expect(receiver.spans).toHaveLength(texts.length + 1)
    const bytesMax = Math.max(
      ...receiver.spans.map(({ attributes }) => Buffer.byteLength(String(attributes.text))),
    )
    expect(bytesMax).toBeGreaterThanOrEqual(62)
    for (const { attributes } of receiver.spans) {
      const text = texts[Number(attributes.index)] ?? 'x'.repeat(1500)
      const cut = { short: shown(text, 8), text: shown(text, bytesMax) }
      const keys = [...(cut.text === text ? [] : ['text']), ...(cut.short === text ? [] : ['short'])]
      expect(attributes).toMatchObject(cut)
      expect(attributes['probespan.truncated']).toEqual(keys.length > 0 ? keys : undefined)
    }
  })

  test('started in a folder with the traced program in it: each event once, as from anywhere else', async () => {
    using folder = new Folder()
    await using receiver = await Receiver.start()
    using target = await ValueProgram.start(folder.path)
    // Whoever opens it waits for ever.
    execFileSync('mkfifo', [join(folder.path, 'fifo')])
    const env = { PROBESPAN_BPFTRACE: program, PROBESPAN_PACK: folder.write('values.yaml', valuesPack) }
    await traced(env, receiver, target.pid, () => target.fire(extremes), folder.path)
    expect(receiver.spans).toHaveLength(extremes.length)
  })

  test.for([
    ['the buffer that the bridge asks for', {}, 0],
    ['a buffer that is far too small', { BPFTRACE_PERF_RB_PAGES: '8' }, Infinity],
  ] as const)('a burst, with %s: every event arrives or is counted as lost', async ([, setting, lostMax]) => {
    using folder = new Folder()
    await using receiver = await Receiver.start()
    using target = await ValueProgram.start(folder.path)
    const pairs = 5000
    const values = { text: Buffer.from('burst'), signed: 0n, unsigned: 0n, signed32: 0, unsigned32: 0 }
    const env = {
      PROBESPAN_BPFTRACE: program,
      PROBESPAN_PACK: folder.write('values.yaml', valuesPack),
      ...setting,
    }
    const said = await traced(env, receiver, target.pid, () =>
      target.fire(Array.from({ length: pairs }, () => values)),
    )
    const [, starts, ends, spans] =
      /(\d+) starts and (\d+) ends became (\d+) spans/.exec(said)?.map(Number) ?? []
    const lost = Number(/(\d+) events lost in the kernel;/.exec(said)?.[1])
    expect((starts ?? 0) + (ends ?? 0) + lost).toBe(2 * pairs)
    const whole = receiver.spans.filter(({ attributes }) => !('probespan.incomplete' in attributes))
    expect(whole).toHaveLength(spans ?? 0)
    expect(lost).toBeLessThanOrEqual(lostMax)
    expect(said.includes(' were lost in the kernel so far')).toBe(lost > 0)
  })

  test.for([
    [
      'more than bpftrace’s own maps hold',
      { BPFTRACE_MAX_MAP_KEYS: '', BPFTRACE_PERF_RB_PAGES: '' },
      6000,
      0,
    ],
    ['more than a user’s setting', { BPFTRACE_MAX_MAP_KEYS: '100' }, 300, 200],
  ] as const)(
    'starts that wait in the kernel, %s: none is lost without a word',
    async ([, setting, count, unstored]) => {
      using folder = new Folder()
      await using receiver = await Receiver.start()
      using target = await ValueProgram.start(folder.path)
      const values = { text: Buffer.from('open'), signed: 0n, unsigned: 0n, signed32: 0, unsigned32: 0 }
      const env = {
        PROBESPAN_BPFTRACE: program,
        PROBESPAN_PACK: folder.write('open.yaml', openPack),
        ...setting,
      }
      const said = await traced(env, receiver, target.pid, () =>
        target.fire(Array.from({ length: count }, () => values)),
      )
      expect(said).toContain(`, ${count} orphanedInKernel`)
      expect(Number(/(\d+) unstoredInKernel/.exec(said)?.[1] ?? 0)).toBe(unstored)
      expect(said.includes('found no room in the kernel')).toBe(unstored > 0)
    },
  )
})

const openPack = `name: values
provider: probespan_values
pair: kernel
spans:
  value: { start: value_start, end: value_end, match: { start: [arg0, 1], end: [arg0, 2] } }
`

/** As many whole letters as have no more bytes. */
function shown(text: string, bytesMax: number): string {
  const letterBytes = Buffer.byteLength(text.slice(0, 1))
  return text.slice(0, Math.floor(bytesMax / letterBytes))
}

const valuesPack = `name: values
provider: probespan_values
spans:
  value:
    start: value_start
    end: value_end
    match: arg0
    attributes:
      index: { at: start, value: arg0 }
      text: { at: start, value: str(arg1) }
      signed: { at: start, value: (int64)arg2 }
      signed32: { at: start, value: (int32)arg3 }
      signed is negative: { at: start, value: (int64)arg2 < 0, type: boolean }
      unsigned: { at: end, value: (uint64)arg1 }
      unsigned32: { at: end, value: (uint32)arg2 }
      unsigned is large: { at: end, value: (uint64)arg1 > 9223372036854775808, type: boolean }
`

/** Runs the bridge on a process while `work` lets that process end. Answers what the bridge said; its spans are delivered. */
async function traced(
  env: Record<string, string>,
  receiver: Receiver,
  pid: number,
  work: () => Promise<void>,
  cwd?: string,
): Promise<string> {
  const settings = { ...env, TARGET_PID: String(pid), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }
  await using bridge = new BridgeProcess(settings, cwd === undefined ? {} : { cwd })
  await Promise.race([bridge.says('attached to process'), bridge.exitCode])
  expect(bridge.said).toContain('attached to process')
  await work()
  // The target has ended, so bpftrace has, and the bridge delivers everything before it does.
  expect(await bridge.exitCode, bridge.said).toBe(0)
  return bridge.said
}

type Request = { id: DecodedValue | undefined; [key: string]: unknown }

function requestOf(span: DecodedSpan): Request {
  const { attributes, startNs, endNs } = span
  return {
    id: attributes['http.request.id'],
    method: attributes['http.request.method'],
    route: attributes['http.route'],
    status: attributes['http.response.status_code'],
    failed: span.statusCode === error,
    parent: span.parentSpanId === '' ? undefined : `${span.traceId}-${span.parentSpanId}`,
    service: span.resource['service.name'],
    startNs,
    endNs,
  }
}

function loggedRequest(line: LogLine): Request {
  return {
    id: line.id,
    method: line.method,
    route: line.route,
    status: BigInt(line.status),
    failed: line.status >= 500,
    parent: line.traceparent?.slice(3, 52),
    service: 'shop',
    ...timesOf(line),
  }
}

function timesOf({ startUnixNano, durationNano }: LogLine): { startNs: bigint; endNs: bigint } {
  return { startNs: BigInt(startUnixNano), endNs: BigInt(startUnixNano) + BigInt(durationNano) }
}

function byId<T extends { id: DecodedValue | undefined }>(requests: T[]): T[] {
  return requests.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1))
}

/** The bridge gives an integer that is no exact double as its decimal text. */
function exact(value: bigint): DecodedValue {
  return value === BigInt.asIntN(54, value) && value !== -(1n << 53n) ? value : value.toString()
}
