// `docker compose -f compose/compose.yaml up` as a user runs it: images built from this tree, a real engine, the probes
// of a process in another container. One stack for all tests, which go through its life in order.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Span, TraceAnswer } from '@probespan/ingest/wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { AskError } from '../src/client/ask.ts'
import { findTraces, readTrace } from '../src/client/ingest-client.ts'
import { TraceWatch } from '../src/demo/watch.ts'
import { ComposeStack, engineMissing } from './compose-stack.ts'

const skip = await engineMissing()
if (skip !== undefined) process.stderr.write(`${skip}\n`)

const apiKey = 'probespan-demo'
const readyMs = 60_000
const stopMs = 10_000
const pollMs = 500

describe.skipIf(skip !== undefined)('the compose stack', () => {
  let stack: ComposeStack
  let traces: TraceAnswer[] = []

  beforeAll(async () => {
    stack = await ComposeStack.create()
    await stack.build()
    await stack.compose(['up', '--detach'])
  })

  afterAll(async () => {
    await stack.down()
  })

  test('requests of the demo arrive as traces at the published port', async () => {
    await expect.poll(() => answers(`${stack.url}/healthz`), { timeout: readyMs }).toBe(200)
    traces = await completeTraces(stack, 20)
    for (const trace of traces) {
      const [server, ...others] = trace.spans.filter((span) => span.kind === 'SERVER')
      expect(others).toEqual([])
      expect(server).toMatchObject({ service: 'shop', source: 'bpftrace' })
    }
  })

  test('inner spans are children of their request, within its time', () => {
    const inner = traces.flatMap((trace) => trace.spans.filter((span) => span.kind !== 'SERVER'))
    expect(inner.length).toBeGreaterThan(10)
    expect(traces.flatMap(outsideTheirRequest)).toEqual([])
  })

  test('spans name the process and the container of the demo, not of the bridge', async () => {
    const resources = traces.flatMap((trace) => trace.spans.map(resourceOf))
    const expected = {
      'process.pid': '1',
      'process.executable.name': 'node',
      'container.id': await stack.inspect('usdt-demo', '.Id'),
      'host.name': await stack.inspect('usdt-demo', '.Config.Hostname'),
    }
    expect(resources.length).toBeGreaterThan(20)
    for (const resource of resources) expect(resource).toMatchObject(expected)
  })

  test('the bridge has the two capabilities of the compose file, and no more', async () => {
    expect(await stack.inspect('bridge', '.HostConfig.Privileged')).toBe('false')
    const status = await stack.compose(['exec', '-T', 'bridge', 'cat', '/proc/self/status'])
    const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? ''}`)
    const [sysPtrace, sysAdmin] = [19n, 21n]
    expect(effective).toBe((1n << sysPtrace) | (1n << sysAdmin))
  })

  test('traces need the key, the page does not', async () => {
    expect(await answers(`${stack.url}/api/traces`)).toBe(401)
    await expect(findTraces({ url: stack.url, apiKey: 'wrong' }, {})).rejects.toThrow(AskError)
    expect(await answers(`${stack.url}/v1/traces`, 'POST')).toBe(401)
    const page = await (await fetch(stack.url)).text()
    const script = /<script[^>]* src="([^"]+)"/.exec(page)?.[1] ?? ''
    expect(await answers(new URL(script, stack.url).href)).toBe(200)
  })

  test('a new ingest container has the traces of the old one', async () => {
    await stack.compose(['rm', '--stop', '--force', '--volumes', 'ingest'])
    await stack.compose(['up', '--detach', '--no-deps', 'ingest'])
    await expect.poll(() => answers(`${stack.url}/healthz`), { timeout: readyMs }).toBe(200)
    const [first] = traces
    expect(await readTrace(address(), first?.traceId ?? '')).toEqual(first)
  })

  test('a demo that is restarted is traced again', async () => {
    await stack.compose(['restart', 'usdt-demo'])
    const restartedUnixNano =
      BigInt(Date.parse(await stack.inspect('usdt-demo', '.State.StartedAt'))) * 1_000_000n
    await expect
      .poll(() => findTraces(address(), { source: 'bpftrace', startUnixNano: restartedUnixNano }), {
        timeout: readyMs,
      })
      .not.toEqual([])
  })

  test('a stopped bridge delivers what it holds, in time, and leaves the demo running', async () => {
    const startMs = performance.now()
    await stack.compose(['stop', 'bridge'])
    expect(performance.now() - startMs).toBeLessThan(stopMs)
    expect(await stack.inspect('bridge', '.State.ExitCode')).toBe('0')
    const log = await stack.log('bridge')
    const summary = /became (\d+) spans;.* 0 events lost in the kernel; (\d+) exported, 0 dropped(.*)/
    const [, spans, exported, rest = ''] = summary.exec(log) ?? []
    expect(Number(spans)).toBeGreaterThan(0)
    // A request may be under way when it is stopped.
    const cutOff = /(\d+) (?:process|tracing)Ended/g
    const incomplete = [...rest.matchAll(cutOff)].reduce((sum, [, count]) => sum + Number(count), 0)
    expect(Number(exported)).toBe(Number(spans) + incomplete)
    expect(log).not.toContain('wait in memory')
    expect(await stack.inspect('usdt-demo', '.State.Running')).toBe('true')
  })

  test('the profile with Beyla is valid, and has Beyla send traces only', async () => {
    const config = composeConfig.parse(
      JSON.parse(await stack.compose(['--profile', 'beyla', 'config', '--format', 'json'])),
    )
    const { image, environment } = config.services.beyla
    expect(image).toMatch(/^grafana\/beyla:\d+\.\d+\.\d+$/)
    expect(environment).toHaveProperty('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')
    expect(environment).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT')
  })

  const address = (): { url: string; apiKey: string } => ({ url: stack.url, apiKey })
})

const composeConfig = z.object({
  services: z.object({
    beyla: z.object({ image: z.string(), environment: z.record(z.string(), z.string()) }),
  }),
})

/** So many traces of whole requests; rejects with the services' last words where they do not come. */
async function completeTraces(stack: ComposeStack, count: number): Promise<TraceAnswer[]> {
  const watch = new TraceWatch({ url: stack.url, apiKey }, 'shop')
  const found: TraceAnswer[] = []
  const deadlineMs = performance.now() + readyMs
  while (found.length < count) {
    if (performance.now() > deadlineMs)
      throw new Error(`only ${found.length} traces after ${readyMs} ms:\n${await stack.lastWords()}`)
    await sleep(pollMs)
    found.push(...(await watch.next()))
  }
  return found
}

/** The status of an answer; undefined where there is none. */
async function answers(url: string, method = 'GET'): Promise<number | undefined> {
  const response = await fetch(url, { method }).catch(() => undefined)
  await response?.arrayBuffer()
  return response?.status
}

function resourceOf(span: Span): Record<string, string | undefined> {
  return Object.fromEntries(
    span.resource.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]),
  )
}

/** Spans inside a request that have not the request for their parent, or begin before or end after it. */
function outsideTheirRequest(trace: TraceAnswer): Span[] {
  const request = trace.spans.find((span) => span.kind === 'SERVER')
  return trace.spans.filter(
    (span) =>
      span !== request &&
      (!request ||
        span.parentSpanId !== request.spanId ||
        startOf(span) < startOf(request) ||
        endOf(span) > endOf(request)),
  )
}

const startOf = (span: Span): bigint => BigInt(span.startUnixNano)
const endOf = (span: Span): bigint => startOf(span) + BigInt(span.durationNano)
