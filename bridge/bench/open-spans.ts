// Opens 100,000 spans, with 400,000 more that begin and end meanwhile, and prints the process's peak memory in MB.
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LineSplitter } from '../src/bpftrace/lines.ts'
import { parseDefinition } from '../src/definition/load.ts'
import { RequestEncoder } from '../src/deliver/request-encoder.ts'
import { keepHeapSmall } from '../src/heap.ts'
import { overtakeMs } from '../src/bpftrace/version.ts'
import { Pipeline } from '../src/pipeline.ts'
import { randomWords } from '../src/span/binary-context.ts'
import { readableSpan } from '../src/span/readable-span.ts'

const openSpans = 100_000
const definition = parseDefinition(
  `{ name: bench, provider: shop, spans: { order: { start: a, end: b, match: str(arg0), ttl: 10min,
     attributes: { route: { at: start, value: str(arg1) } } } } }`,
  'bench',
)
const resource = resourceFromAttributes({ 'service.name': 'bench' })
const splitter = new LineSplitter()
const encoder = new RequestEncoder()
const pipeline = new Pipeline({
  definition,
  toUnix: (boot) => boot,
  reorderWindowMs: overtakeMs,
  words: randomWords(),
  onSpan: (span) => encoder.add(readableSpan(span, resource)),
})

let nsecs = 4_152_634_571_373
function line(phase: string, key: string, more: string): string {
  nsecs += 5_000
  return `{"type": "value", "data": ["order","${phase}",${nsecs},4711,4711,"${key}"${more}]}\n`
}
for (let at = 0; at < openSpans; at += 100) {
  let text = ''
  for (let open = at; open < at + 100; open += 1) {
    for (const brief of [1, 2, 3, 4]) {
      const key = `request-${open}-${brief}`
      text += line('start', key, `,"/orders/:id"`) + line('end', key, '')
    }
    text += line('start', `open-request-number-${open}`, `,"/orders/:id"`)
  }
  const nowMs = nsecs / 1e6
  splitter.push(Buffer.from(text), (bytes, start, end) => pipeline.line(bytes, start, end, nowMs))
  encoder.take()
  keepHeapSmall(pipeline.matcher.openCount)
}
// What is held to be put in order comes out in a silence.
pipeline.tick(nsecs / 1e6 + 1000)
if (pipeline.matcher.openCount !== openSpans) throw new Error(`${pipeline.matcher.openCount} spans are open`)
process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)}\n`)
