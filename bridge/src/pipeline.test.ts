// What would break: other spans from the same stream because a pipe cut it elsewhere; losses that nobody counts.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { absent, fixtureBytes, fixtureLines } from '../test/fixture.ts'
import { TextPipeline } from '../test/text-pipeline.ts'
import { countingWords, definitionWith, spanDefinition } from '../test/probe-events.ts'
import { LineSplitter, type OnLine } from './bpftrace/lines.ts'
import type { Definition } from './definition/definition.ts'
import type { MatchedSpan } from './match/matcher.ts'
import { nsOfTime } from './time/instant.ts'
import type { PipelineOptions } from './pipeline.ts'

const empty: Definition = { name: 'script', resource: {}, spans: new Map(), events: new Map() }
const tuples = definitionWith(
  spanDefinition({ id: 'request', attributes: [{ key: 'route', at: 'start', expression: 'str(arg1)' }] }),
  spanDefinition({ id: 'query', within: { span: 'request', by: 'key' } }),
)

function createPipeline(
  definition: Definition,
  options: Partial<PipelineOptions> = {},
): {
  pipeline: TextPipeline
  remarks: string[]
  ready: () => number
} {
  const remarks: string[] = []
  let readyCalls = 0
  const pipeline = new TextPipeline({
    definition,
    toUnix: (boot) => boot,
    reorderWindowMs: 250,
    words: countingWords(),
    onReady: () => (readyCalls += 1),
    onText: (text) => remarks.push(`text: ${text}`),
    onRemark: (text) => remarks.push(text),
    ...options,
  })
  return { pipeline, remarks, ready: () => readyCalls }
}

function spansOf(definition: Definition, chunks: readonly Buffer[]): MatchedSpan[] {
  const { pipeline } = createPipeline(definition)
  const splitter = new LineSplitter()
  const spans: MatchedSpan[] = []
  const onLine: OnLine = (...line) => void spans.push(...pipeline.bytes(...line, 0))
  for (const chunk of chunks) splitter.push(chunk, onLine)
  splitter.end(onLine)
  return [...spans, ...pipeline.end()]
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to))
}

const value = (...tuple: unknown[]): string => `{"type": "value", "data": ${JSON.stringify(tuple)}}`
/** 40 requests with a query each, on three CPUs' buffers, with an odd string in every route. */
const stream = Buffer.from(
  Array.from({ length: 40 }, (_, index) => {
    const at = index * 1000
    return [
      value('request', 'start', at, 7, 7, `r${index}`, `/é"\n${index}`),
      value('query', 'end', at + 600, 7, 8, `r${index}`),
      value('query', 'start', at + 300, 7, 8, `r${index}`),
      value('request', 'end', at + 900, 7, 7, `r${index}`),
    ].join('\n')
  }).join('\n'),
)

test('any cutting of the stream gives the same spans, ids and parents included', () => {
  const whole = spansOf(tuples, [stream])
  expect(whole).toHaveLength(80)
  expect(whole.filter((span) => span.parent)).toHaveLength(40)
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 60 }), (cuts) => {
      expect(spansOf(tuples, cut(stream, cuts))).toEqual(whole)
    }),
    { numRuns: 50 },
  )
})

test('a quiet stream gives its spans when four windows have passed, without a further line', () => {
  const { pipeline } = createPipeline(tuples)
  expect(pipeline.line(value('query', 'start', 1000, 7, 7, 'a'), 0)).toEqual([])
  expect(pipeline.line(value('query', 'end', 2000, 7, 7, 'a'), 1e-5)).toEqual([])
  expect(pipeline.tick(1000)).toEqual([])
  expect(pipeline.tick(1000 + 1e-5)).toHaveLength(1)
})

test('a start that never ends is given up by time, while the stream is quiet', () => {
  const { pipeline } = createPipeline(tuples)
  pipeline.line(value('query', 'start', 1000, 7, 7, 'a'), 0)
  pipeline.tick(1000)
  expect(pipeline.own.matcher.openCount).toBe(1)
  pipeline.tick(62_000)
  expect(pipeline.own.matcher.counts).toMatchObject({ starts: 1, expired: 1 })
})

test('ready is told once: by BEGIN of a program, or by each tick of an announced script', () => {
  const { pipeline, ready } = createPipeline(tuples)
  pipeline.line('{"type": "attached_probes", "data": {"probes": 2}}', 0)
  expect(ready()).toBe(0)
  for (let tick = 0; tick < 3; tick += 1) pipeline.line(value('probespan', 'ready', 1), 0)
  expect(ready()).toBe(1)
  expect(pipeline.own.counts.malformed).toBe(0)
})

test('lost events add up', () => {
  const { pipeline } = createPipeline(tuples)
  pipeline.line('{"type": "lost_events", "data": {"events": 7}}', 0)
  pipeline.line('{"type": "lost_events", "data": {"events": 1f}}', 0)
  expect(pipeline.own.counts.reportedLost).toBe(38)
})

test.each([
  ['a value that is no tuple', '{"type": "value", "data": 2}', /no tuple: 2/],
  ['a map printed as a value', '{"type": "value", "data": {"a": 1}}', /no tuple: \{"a":1\}/],
  ['a tuple of nobody', value('x', 'start'), /no definition of x start/],
  ['printf text', String.raw`{"type": "printf", "data": "hello\n"}`, /not an event: hello/],
  ['a record that was cut', '{"type": "value", "data": ["query","st', /cut or garbled/],
])('%s is counted and shown', (_, line, remark) => {
  const { pipeline, remarks } = createPipeline(tuples)
  expect(pipeline.line(line, 0)).toEqual([])
  expect(pipeline.own.counts.malformed).toBe(1)
  expect(remarks).toEqual([expect.stringMatching(remark)])
})

test('text that is no record and errors of the program are shown', () => {
  const { pipeline, remarks } = createPipeline(tuples)
  pipeline.line('No probes to attach', 0)
  pipeline.line('{"type": "helper_error", "msg": "Bad address"}', 0)
  expect(remarks).toEqual([
    'text: No probes to attach',
    expect.stringMatching(/^helper_error: .*Bad address/),
  ])
  expect(pipeline.own.counts.malformed).toBe(0)
})

test('what is shown is bounded, what is counted is not', () => {
  const { pipeline, remarks } = createPipeline(tuples)
  for (let line = 0; line < 1000; line += 1) {
    pipeline.line(value('x', 'start'), 0)
    pipeline.line('{"type": "helper_error", "msg": "Bad address"}', 0)
    pipeline.line('noise', 0)
  }
  expect(pipeline.own.counts.malformed).toBe(1000)
  expect(remarks.length).toBeLessThanOrEqual(100)
})

test('maps, histograms and the other records of a script pass without a word', () => {
  const { pipeline, remarks } = createPipeline(tuples)
  for (const type of [
    'map',
    'hist',
    'stats',
    'tseries',
    'time',
    'cat',
    'join',
    'syscall',
    'probespan_recording',
  ]) {
    expect(pipeline.line(`{"type": "${type}", "data": {}}`, 0)).toEqual([])
  }
  expect([remarks, pipeline.own.counts]).toEqual([[], { reportedLost: 0, malformed: 0 }])
})

const recording = 'pair/bpftrace.jsonl'
type Truth = { id: string; start: bigint; duration: bigint }

describe.skipIf(absent(recording))('600 requests to a real server, recorded by bpftrace 0.17.0', () => {
  const truth = (): Truth[] =>
    fixtureLines('pair/truth.jsonl')
      .filter((line) => line !== '')
      .map((line) => {
        const field = (name: string): string => new RegExp(`"${name}":"?([^",}]+)`).exec(line)?.[1] ?? ''
        return { id: field('id'), start: BigInt(field('start')), duration: BigInt(field('duration')) }
      })
  const byId = (a: Truth, b: Truth): number => (a.id < b.id ? -1 : 1)
  const read = (chunks: readonly Buffer[]): Truth[] =>
    spansOf(empty, chunks)
      .map(({ start, end }) => ({
        id: start.key,
        start: nsOfTime(start.programStart ?? [0, 0]),
        duration: nsOfTime(end?.programDuration ?? [0, 0]),
      }))
      .sort(byId)

  test('each is one span with the server’s own start and duration to the nanosecond', () => {
    const spans = read([fixtureBytes(recording)])
    expect(spans).toHaveLength(600)
    expect(spans).toEqual(truth().sort(byId))
  })

  test('however the recording is cut', () => {
    const bytes = fixtureBytes(recording)
    const expected = truth().sort(byId)
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 200 }), (cuts) => {
        expect(read(cut(bytes, cuts))).toEqual(expected)
      }),
      { numRuns: 10 },
    )
  })
})

describe('a bpftrace that is followed by another', () => {
  const counts = (events: number): string => `{"type": "map", "data": {"@events": {"0,0": ${events}}}}`

  test('what is open stays open, and its span says that nobody looked for a while; a later one does not', () => {
    const { pipeline, ready } = createPipeline(tuples)
    const second = 1_000_000_000
    pipeline.line(value('probespan', 'ready', 0), 0)
    pipeline.line(value('request', 'start', second, 7, 7, 'open', '/'), 0)
    expect(pipeline.endProcess()).toEqual([])
    pipeline.line(value('probespan', 'ready', 2 * second), 2000)
    pipeline.line(value('request', 'start', 3 * second, 7, 7, 'later', '/'), 3000)
    pipeline.line(value('request', 'end', 4 * second, 7, 7, 'later'), 4000)
    pipeline.line(value('request', 'end', 4 * second + 1, 7, 7, 'open'), 4000)
    const near = pipeline.end().map(({ start, nearLoss }) => [start.key, nearLoss])
    expect(near).toEqual([
      ['later', false],
      ['open', true],
    ])
    expect(ready()).toBe(2)
    expect(pipeline.own.matcher.counts).toMatchObject({ starts: 2, ends: 2, paired: 2, orphaned: 0 })
  })

  test('its counts begin anew: that is no loss, and hides none of either', () => {
    const { pipeline } = createPipeline(tuples)
    const start = (at: number): void =>
      void pipeline.line(value('request', 'start', at, 7, 7, `r${at}`, '/'), 0)
    for (let at = 0; at < 10; at += 1) start(at)
    pipeline.line(counts(13), 0)
    pipeline.endProcess()
    expect(pipeline.own.lost).toBe(3)
    start(20)
    pipeline.line(counts(1), 1000)
    pipeline.line(counts(1), 2000)
    expect(pipeline.own.lost).toBe(3)
    pipeline.line(counts(3), 3000)
    pipeline.end()
    expect(pipeline.own.lost).toBe(5)
  })
})

test('starts and ends that never meet are told, once, as a remark', () => {
  const { pipeline, remarks } = createPipeline(tuples)
  for (let at = 0; at < 40; at += 1) {
    pipeline.line(value('query', at % 2 === 0 ? 'start' : 'end', 1000 + at, 7, 7, `k${at}`), 0)
  }
  for (const nowMs of [1000, 11_000, 60_000]) pipeline.tick(nowMs)
  expect(remarks).toEqual([
    expect.stringMatching(/^no span "query" so far: 20 starts and 20 ends.*"k0".*"k1"/s),
  ])
})

describe('a program that tells of itself', () => {
  const second = 1_000_000_000
  const progress = (at: number, buffer = 0, buffers = 1): string =>
    value('probespan', 'progress', at, buffer, buffers)

  test('a loss is known while events flow; spans say so until a count tells of no more', () => {
    let readAt: [number, number] = [0, 0]
    const { pipeline } = createPipeline(tuples, { bootNow: () => readAt, reorderWindowMs: 50 })
    const spans: MatchedSpan[] = []
    const put = (line: string): void => void spans.push(...pipeline.line(line, 0))
    const query = (at: number, key: string): void => {
      put(value('query', 'start', at, 7, 7, key))
      put(value('query', 'end', at + 1, 7, 7, key))
    }
    query(9 * second, 'before it is known')
    for (const [index, printed] of [
      // Blocks 2 and 3: of each two are missing in second 9.
      '{"2,1": 3, "3,1": 3}',
      '{"2,1": 3, "3,1": 3, "2,2": 1, "3,2": 1}',
    ].entries()) {
      const full = (10 + index) * second
      put(progress(full))
      readAt = [10 + index, 300_000_000]
      put(`{"type": "map", "data": {"@events": ${printed}}}`)
      expect(pipeline.own.lost).toBe(index === 0 ? 0 : 4)
      query(full + 200_000_000, 'before the count is taken for sure')
      put(progress(full + 400_000_000))
      expect(pipeline.own.lost).toBe(4)
      query(full + 500_000_000, 'afterwards')
    }
    spans.push(...pipeline.end())
    expect(spans.map(({ start, nearLoss }) => [start.key, nearLoss])).toEqual([
      // Complete and gone before the loss was known.
      ['before it is known', false],
      ['before the count is taken for sure', true],
      ['afterwards', true],
      ['before the count is taken for sure', false],
      ['afterwards', false],
    ])
  })

  test('of each CPU: reused keys are paired right however late a buffer is read', () => {
    const { pipeline } = createPipeline(tuples, { reorderWindowMs: 'told' })
    const spans: MatchedSpan[] = []
    const put = (line: string, nowMs: number): void => void spans.push(...pipeline.line(line, nowMs))
    put(progress(0, 0, 2), 0)
    put(progress(0, 1, 2), 0)
    // The key is used three times, and each time ends on the other CPU, whose buffer is read 5 s later.
    for (const at of [1, 2, 3]) put(value('query', 'start', at * second, 7, 7, 'a'), 4000 + at)
    put(progress(4 * second, 0, 2), 4100)
    for (const at of [1, 2, 3]) put(value('query', 'end', at * second + 1, 7, 8, 'a'), 9000 + at)
    put(progress(4 * second, 1, 2), 9100)
    expect(spans.map(({ start, end }) => [start.at, end?.at])).toEqual(
      [1, 2, 3].map((at) => [
        [at, 0],
        [at, 1],
      ]),
    )
    expect(pipeline.own.reorder.late).toBe(0)
  })
})
