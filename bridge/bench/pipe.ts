// What the bridge does with a stream from a pipe, on one core: lines in, serialised spans out, no bpftrace and no
// network. Compared in the same run with JSON.parse over the same lines, which is the least any reader would do.
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { RequestEncoder } from '../src/deliver/request-encoder.ts'
import { LineSplitter, lineText } from '../src/bpftrace/lines.ts'
import { overtakeMs } from '../src/bpftrace/version.ts'
import { parseDefinition } from '../src/definition/load.ts'
import { Pipeline } from '../src/pipeline.ts'
import { randomWords } from '../src/span/binary-context.ts'
import { readableSpan } from '../src/span/readable-span.ts'
import { addTimes } from '../src/time/instant.ts'
import type { Figure } from './bridge.bench.ts'

const pairs = 200_000
const chunkBytes = 64 * 1024
const batchSpans = 512

const definition = parseDefinition(
  `{ name: bench, provider: shop, spans: { order: { start: a, end: b, match: arg0, attributes: {
     route: { at: start, value: str(arg1) }, status: { at: end, value: arg2 } } } } }`,
  'bench',
)

export function measurePipe(print: (figure: Figure) => void): void {
  const stream = Buffer.from(lines().join('\n'))
  const ours = rate(() => throughBridge(stream, new RequestEncoder()))
  const sdks = rate(() => throughBridge(stream, new SdkEncoder()))
  print({ figure: 'bridge.pipe_events_per_s', value: ours, unit: 'events/CPU s' })
  print({ figure: 'bridge.pipe_events_per_s.sdk_serializer', value: sdks, unit: 'events/CPU s' })
  print({
    figure: 'bridge.json_parse_lines_per_s',
    value: rate(() => throughJsonParse(stream)),
    unit: 'lines/CPU s',
  })
}

/** Twenty requests open at a time; each event 10 µs after the one before. */
function lines(): string[] {
  const all: string[] = []
  for (let at = 0; at < pairs + 20; at += 1) {
    const nsecs = 4_152_634_571_373 + at * 20_000
    if (at < pairs)
      all.push(`{"type": "value", "data": ["order","start",${nsecs},4711,4711,${at},"/orders/:id"]}`)
    if (at >= 20)
      all.push(`{"type": "value", "data": ["order","end",${nsecs + 10_000},4711,4711,${at - 20},200]}`)
  }
  return all
}

type Encoder = { add(span: ReadableSpan): void; take(): unknown; readonly spanCount: number }

/** The SDK's serializer takes a batch at once. */
class SdkEncoder implements Encoder {
  private spans: ReadableSpan[] = []

  get spanCount(): number {
    return this.spans.length
  }

  add(span: ReadableSpan): void {
    this.spans.push(span)
  }

  take(): unknown {
    const { spans } = this
    this.spans = []
    return ProtobufTraceSerializer.serializeRequest(spans)
  }
}

function throughBridge(stream: Buffer, encoder: Encoder): void {
  const resource = resourceFromAttributes({ 'service.name': 'bench' })
  let spans = 0
  const pipeline = new Pipeline({
    definition,
    toUnix: (boot) => addTimes(boot, [1_795_150_869, 381_843_673]),
    reorderWindowMs: overtakeMs,
    words: randomWords(),
    onSpan: (span) => {
      spans += 1
      encoder.add(readableSpan(span, resource))
    },
  })
  forEachChunk(stream, (chunk, splitter) => {
    const nowMs = performance.now()
    splitter.push(chunk, (bytes, start, end) => pipeline.line(bytes, start, end, nowMs))
    if (encoder.spanCount >= batchSpans) encoder.take()
  })
  pipeline.end()
  if (spans < pairs - 1) throw new Error(`${spans} spans of ${pairs}`)
}

function throughJsonParse(stream: Buffer): void {
  forEachChunk(stream, (chunk, splitter) => {
    splitter.push(chunk, (bytes, start, end) => void JSON.parse(lineText(bytes, start, end)))
  })
}

function forEachChunk(stream: Buffer, work: (chunk: Buffer, splitter: LineSplitter) => void): void {
  const splitter = new LineSplitter()
  for (let at = 0; at < stream.length; at += chunkBytes) work(stream.subarray(at, at + chunkBytes), splitter)
}

/** Events a second of CPU time, the best of three: what else the machine does must not count. */
function rate(work: () => void): number {
  const seconds = [1, 2, 3].map(() => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1e6
  })
  return Math.round((2 * pairs) / Math.min(...seconds))
}
