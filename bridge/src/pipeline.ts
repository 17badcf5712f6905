// The lines of a bpftrace stream to matched spans: parse, put in order, pair. Pure: every time comes in as an
// argument (monotonic milliseconds), ids come from the generator, so the same lines give the same spans however the
// stream was cut. Whatever is not an event is counted, with the first few kept to show.
import { jsonText, type JsonValue } from './bpftrace/json.ts'
import { readOutput, type OutputRecord } from './bpftrace/output.ts'
import type { Definition } from './definition/definition.ts'
import { readyTuple } from './definition/program.ts'
import type { EventResult, ProbeEvent } from './event/event.ts'
import { PrintfReader } from './event/printf.ts'
import { TupleReader, type ToUnix } from './event/tuple.ts'
import { TupleLineReader } from './event/tuple-line.ts'
import { Losses } from './match/losses.ts'
import { Matcher, type IdGenerator, type MatchedSpan } from './match/matcher.ts'
import { ReorderBuffer } from './match/reorder.ts'

export type PipelineOptions = {
  definition: Definition
  /** CLOCK_BOOTTIME to Unix time. */
  toUnix: ToUnix
  reorderWindowMs: number
  ids: IdGenerator
  /** Called once, at the first sign that the probes are attached. */
  onReady?: () => void
  /** A line that is no record: bpftrace's plain words, such as why it fails. */
  onText?: (text: string) => void
  /** What is no event though it should be one, and run-time errors of the program. */
  onRemark?: (text: string) => void
}

export type PipelineCounts = {
  /** Lost in the kernel's buffers as far as bpftrace reports it, which is late or never. */
  reportedLost: number
  /** Records that should be events and are not, and records that were cut. */
  malformed: number
}

const malformedShownMax = 5
/** Of each kind of text that is not counted: a script may print without end. */
const textsShownMax = 20
const none: readonly MatchedSpan[] = []

export class Pipeline {
  readonly counts: PipelineCounts = { reportedLost: 0, malformed: 0 }
  readonly matcher: Matcher
  readonly reorder: ReorderBuffer
  readonly losses = new Losses()
  private readonly options: PipelineOptions
  private readonly tuples: TupleReader
  private readonly tupleLines: TupleLineReader
  private readonly printf = new PrintfReader()
  private ready = false
  private texts = 0
  private programErrors = 0

  constructor(options: PipelineOptions) {
    this.options = options
    this.tuples = new TupleReader(options.definition, options.toUnix)
    this.tupleLines = new TupleLineReader(options.definition, options.toUnix)
    this.reorder = new ReorderBuffer(options.reorderWindowMs)
    this.matcher = new Matcher(options.definition, options.ids)
  }

  /** The spans that this line completes. */
  line(line: string, nowMs: number): readonly MatchedSpan[] {
    const event = this.tupleLines.read(line)
    if (event === undefined) return this.otherLine(line, nowMs)
    this.losses.arrive(event.block)
    return this.match(this.reorder.push(event, nowMs))
  }

  /** The spans that time completes; also gives up starts that waited too long. Call it a few times a second. */
  tick(nowMs: number): readonly MatchedSpan[] {
    const spans = this.match(this.reorder.advance(nowMs))
    const settled = this.reorder.settledUntil(nowMs)
    return settled ? [...spans, ...this.matcher.expire(settled)] : spans
  }

  /** The stream has ended. */
  end(): readonly MatchedSpan[] {
    this.losses.end(this.reorder.newestTime)
    const spans = this.match(this.reorder.flush())
    this.matcher.end()
    return spans
  }

  private otherLine(line: string, nowMs: number): readonly MatchedSpan[] {
    const due: ProbeEvent[] = []
    for (const result of this.events(readOutput(line))) {
      if (!result.ok) {
        this.noteMalformed(result.reason)
        continue
      }
      this.losses.arrive(result.event.block)
      due.push(...this.reorder.push(result.event, nowMs))
    }
    return this.match(due)
  }

  private events(record: OutputRecord): EventResult[] {
    switch (record.kind) {
      case 'value':
        return this.tuple(record.value)
      case 'printf':
        return this.printf.read(record.text)
      case 'lost':
        this.counts.reportedLost += record.events
        return []
      case 'text':
        if (record.text.startsWith('{')) {
          return [{ ok: false, reason: `cut or garbled (${record.reason}): ${record.text.slice(0, 120)}` }]
        }
        this.texts += 1
        if (this.texts <= textsShownMax) this.options.onText?.(record.text.slice(0, 1000))
        return []
      case 'error':
        this.programErrors += 1
        if (this.programErrors <= textsShownMax) this.options.onRemark?.(`${record.type}: ${record.message}`)
        return []
      case 'map':
        this.losses.print(record.maps, this.reorder.newestTime)
        return []
      case 'attached':
      case 'recording':
      case 'other':
        return []
    }
  }

  private tuple(value: JsonValue): EventResult[] {
    if (!Array.isArray(value)) return [{ ok: false, reason: `printed value is no tuple: ${jsonText(value)}` }]
    if (value[0] === readyTuple[0] && value[1] === readyTuple[1]) {
      if (!this.ready) this.options.onReady?.()
      this.ready = true
      return []
    }
    return [this.tuples.read(value)]
  }

  private match(events: readonly ProbeEvent[]): readonly MatchedSpan[] {
    if (events.length === 0) return none
    const spans: MatchedSpan[] = []
    for (const event of events) {
      for (const span of this.matcher.push(event)) {
        span.nearLoss = this.losses.isNear(span.start.at, event.at)
        spans.push(span)
      }
    }
    return spans
  }

  private noteMalformed(reason: string): void {
    this.counts.malformed += 1
    if (this.counts.malformed <= malformedShownMax) this.options.onRemark?.(reason)
  }
}
