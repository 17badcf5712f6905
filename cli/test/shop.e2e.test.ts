// Real bpftrace on the real shop, against the shop's own log: what the spans say is what the program did.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runTraffic, type LogLine } from '@probespan/usdt-demo'
import type { Span, TraceAnswer } from '@probespan/ingest/wire'
import { findTraces, readTrace } from '../src/client/ingest-client.ts'
import { cannotTrace, cliMain, project, Stack } from './stack.ts'

const skip = cannotTrace()
if (skip !== undefined) process.stderr.write(`${skip}\n`)

const stacks: Stack[] = []
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop()
})
function newStack(): Stack {
  const stack = new Stack()
  stacks.push(stack)
  return stack
}

const sendTraffic = (url: string, requests: number): Promise<unknown> =>
  runTraffic({ url, requests, concurrency: 48, seed: 7, signal: new AbortController().signal })

test.skipIf(skip !== undefined)(
  '1,000 overlapping requests: one root span each, with its id, status and duration; inner spans inside',
  async () => {
    const stack = newStack()
    const ingestUrl = await stack.startIngest()
    const shop = await stack.startShop()
    const args = ['bridge', '--pack', 'demo', '--pid', shop.child.pid.toString()]
    const bridge = await stack.startBridge(cliMain, args, { OTEL_EXPORTER_OTLP_ENDPOINT: ingestUrl })
    await sendTraffic(shop.url, 1000)
    await shop.child.stop()
    // The target has ended, so bpftrace has, and the bridge delivers everything before it does.
    const exit = await bridge.exit
    expect(exit.code, exit.lastWords).toBe(0)

    const log = requestLog(stack)
    expect(log).toHaveLength(1000)
    const traces = await allTraces(ingestUrl, log)
    const spans = traces.flatMap((trace) => trace.spans)
    const roots = new Map(spans.filter((span) => span.kind === 'SERVER').map((span) => [idOf(span), span]))
    expect(spans.filter((span) => span.kind === 'SERVER')).toHaveLength(1000)
    expect([...roots.keys()].toSorted()).toEqual(log.map((line) => line.id).toSorted())

    for (const line of log) expect(asLogged(roots.get(line.id))).toEqual(expected(line))
    expect(spans.filter((span) => span.kind !== 'SERVER').length).toBeGreaterThan(1000)
    for (const trace of traces) expect(outsideTheirParent(trace)).toEqual([])
    expect(exit.lastWords).toContain('0 events lost in the kernel')
  },
)

test.skipIf(skip !== undefined)(
  'a script that prints its own events, configured by the environment alone, gives the same requests',
  async () => {
    const stack = newStack()
    const ingestUrl = await stack.startIngest()
    const shop = await stack.startShop()
    const bridge = await stack.startBridge(join(project, 'bridge/src/main.ts'), [], {
      OTEL_EXPORTER_OTLP_ENDPOINT: ingestUrl.replace('http://', ''),
      TARGET_PID: shop.child.pid.toString(),
      BPFTRACE_SCRIPT: join(project, 'scripts-bt/fosdem.bt'),
      SERVICE_NAME: 'seeded',
    })
    await sendTraffic(shop.url, 100)
    await shop.child.stop()
    await bridge.exit

    const found = await findTraces({ url: ingestUrl }, { service: 'seeded', limit: 1000 })
    const traces = await Promise.all(found.map(({ traceId }) => readTrace({ url: ingestUrl }, traceId)))
    const seen = traces
      .flatMap((trace) => trace.spans)
      .map(({ name, kind, startUnixNano, durationNano }) => ({
        name,
        kind,
        startUnixNano,
        durationNano,
      }))
    const served = requestLog(stack).map(({ startUnixNano, durationNano }) => ({
      name: 'request',
      kind: 'SERVER',
      startUnixNano,
      durationNano,
    }))
    const byStart = (a: { startUnixNano: string }, b: { startUnixNano: string }): number =>
      Number(BigInt(a.startUnixNano) - BigInt(b.startUnixNano))
    expect(seen.toSorted(byStart)).toEqual(served.toSorted(byStart))
    expect(seen).toHaveLength(100)
  },
)

function requestLog(stack: Stack): LogLine[] {
  return readFileSync(stack.shopLog, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** In slices of the log's time, since one list holds at most 1,000 traces. */
async function allTraces(url: string, log: readonly LogLine[]): Promise<TraceAnswer[]> {
  const starts = log.map((line) => BigInt(line.startUnixNano)).toSorted((a, b) => Number(a - b))
  const cuts = [0n, starts[333], starts[666], 1n << 62n].map((cut) => cut ?? 0n)
  const ids = new Set<string>()
  for (let at = 0; at + 1 < cuts.length; at += 1) {
    const found = await findTraces(
      { url },
      { startUnixNano: cuts[at] ?? 0n, endUnixNano: cuts[at + 1] ?? 0n, limit: 1000 },
    )
    expect(found.length, 'a full list may be cut').toBeLessThan(1000)
    for (const { traceId } of found) ids.add(traceId)
  }
  return Promise.all([...ids].map((id) => readTrace({ url }, id)))
}

/** Everything that the log and the span both say, exactly: the times are the program's own. */
function expected(line: LogLine): object {
  return {
    id: line.id,
    status: line.status.toString(),
    startUnixNano: line.startUnixNano,
    durationNano: line.durationNano,
    failed: line.status >= 500,
    service: 'shop',
    source: 'bpftrace',
    hasParent: line.traceparent !== undefined,
  }
}

function asLogged(span: Span | undefined): object | undefined {
  return (
    span && {
      id: idOf(span),
      status: attribute(span, 'http.response.status_code')?.intValue,
      startUnixNano: span.startUnixNano,
      durationNano: span.durationNano,
      failed: span.status.code === 'ERROR',
      service: span.service,
      source: span.source,
      hasParent: span.parentSpanId !== undefined,
    }
  )
}

const idOf = (span: Span): string => attribute(span, 'http.request.id')?.stringValue ?? ''

function attribute(span: Span, key: string): Span['attributes'][number]['value'] | undefined {
  return span.attributes.find((each) => each.key === key)?.value
}

/** Spans that have no stored parent though they are no request, or that begin before or end after it. */
function outsideTheirParent(trace: TraceAnswer): Span[] {
  const byId = new Map(trace.spans.map((span) => [span.spanId, span]))
  return trace.spans.filter((span) => {
    if (span.kind === 'SERVER') return false
    const parent = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId)
    if (!parent) return true
    return startOf(span) < startOf(parent) || endOf(span) > endOf(parent)
  })
}

const startOf = (span: Span): bigint => BigInt(span.startUnixNano)
const endOf = (span: Span): bigint => BigInt(span.startUnixNano) + BigInt(span.durationNano)
