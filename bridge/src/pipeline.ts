// The lines of a bpftrace stream to matched spans: parse, put in order, pair. Pure: every time comes in as an
// argument (monotonic milliseconds), ids come from the source, so the same lines give the same spans however the
// stream was cut. Spans are handed on one by one, never gathered: what lives on while many are made would be copied by
// the garbage collector. Whatever is not an event is counted, with the first few kept to show.
import type { HrTime } from '@opentelemetry/api'
import { jsonText, type JsonValue } from './bpftrace/json.ts'
import { readOutput, type OutputRecord } from './bpftrace/output.ts'
import { isOfScript, type Definition } from './definition/definition.ts'
import { progressIn, readyIn, type BufferProgress } from './definition/self-report.ts'
import type { EventResult, ProbeEvent } from './event/event.ts'
import { PrintfReader } from './event/printf.ts'
import { TupleReader, type ToUnix } from './event/tuple.ts'
import { TupleLineReader, type TupleHead } from './event/tuple-line.ts'
import { lineText } from './bpftrace/lines.ts'
import { Gaps } from './match/gaps.ts'
import { HeldArrivals, type Arrival } from './match/held-arrivals.ts'
import { KernelCounts } from './match/kernel-counts.ts'
import { Losses } from './match/losses.ts'
import { Matcher, type MatchedSpan } from './match/matcher.ts'
import { Progress } from './match/progress.ts'
import { ReorderBuffer } from './match/reorder.ts'
import { UnpairedWatch } from './match/unpaired-watch.ts'
import type { WordSource } from './span/binary-context.ts'

export type PipelineOptions = {
  definition: Definition
  /** CLOCK_BOOTTIME to Unix time. */
  toUnix: ToUnix
  /** How long events are held to be put in order; 'told': until the program tells that nothing earlier is under way. */
  reorderWindowMs: number | 'told'
  /** CLOCK_BOOTTIME as it is, or a little later; a replay has none. */
  bootNow?: () => HrTime
  /** Of which ids are made. */
  words: WordSource
  /** Gets every span, as soon as it is complete or given up. */
  onSpan: (span: MatchedSpan) => void
  /** Called once a process of bpftrace, at the first sign that its probes are attached. */
  onReady?: () => void
  /** An event of this pid has come, and the one before it was of another. */
  onPid?: (pid: number) => void
  /** A line that is no record: bpftrace's plain words, such as why it fails. */
  onText?: (text: string) => void
  /** What is no event though it should be one, and run-time errors of the program. */
  onRemark?: (text: string) => void
}

/** That what was traced ended, or is traced no more, and when. */
export type Ending = { reason: 'processEnded' | 'tracingEnded'; at: HrTime }

export type PipelineCounts = {
  /** Lost in the kernel's buffers as far as bpftrace reports it, which is late or never. */
  reportedLost: number
  /** Records that should be events and are not, and records that were cut. */
  malformed: number
}

const malformedShownMax = 5
/** Of each kind of text that is not counted: a script may print without end. */
const textsShownMax = 20

export class Pipeline {
  readonly counts: PipelineCounts = { reportedLost: 0, malformed: 0 }
  readonly matcher: Matcher
  readonly reorder: ReorderBuffer<Arrival>
  private readonly options: PipelineOptions
  private readonly tuples: TupleReader
  private readonly tupleLines: TupleLineReader
  private readonly printf = new PrintfReader()
  readonly kernel = new KernelCounts()
  private readonly unpaired: UnpairedWatch
  private losses: Losses
  private lostBefore = 0
  private progress = new Progress()
  /** The times between two processes of bpftrace, in which nobody looked. */
  private readonly gaps = new Gaps()
  private lastPid: number | undefined
  private ready = false
  private texts = 0
  private programErrors = 0

  constructor(options: PipelineOptions) {
    this.options = options
    this.losses = new Losses(options.toUnix)
    this.tuples = new TupleReader(options.definition, options.toUnix)
    this.tupleLines = new TupleLineReader(options.definition, options.toUnix)
    this.reorder = new ReorderBuffer(options.reorderWindowMs, new HeldArrivals())
    this.matcher = new Matcher(options.definition, options.words)
    this.unpaired = new UnpairedWatch(options.definition)
  }

  /** A line, as `LineSplitter` hands it on: its bytes must stay as they are. */
  line(bytes: Buffer, start: number, end: number, nowMs: number): void {
    const head = this.tupleLines.head(bytes, start, end)
    if (head) this.arrive(head, nowMs)
    else this.otherLine(lineText(bytes, start, end), nowMs)
    this.match()
  }

  /** Also gives up starts that waited too long. Call it a few times a second. */
  tick(nowMs: number): void {
    this.reorder.advance(nowMs)
    this.match()
    for (const warning of this.unpaired.due(nowMs)) this.remark(warning)
    const settled = this.reorder.settledUntil(nowMs)
    if (settled) this.giveUp(this.matcher.expire(settled))
  }

  /**
   * Events that are known to be lost, of all processes of bpftrace that there were: by the program's own counts. Of a
   * script of the user's, which has none, what bpftrace reports.
   */
  get lost(): number {
    if (isOfScript(this.options.definition)) return this.counts.reportedLost
    return this.lostBefore + this.losses.lost
  }

  /**
   * The process of bpftrace has ended, and another may follow: its counts begin anew. What was held to be put in order is
   * matched; what is open stays open, unless what it traced `ended` with it.
   */
  endProcess(ended?: Ending): void {
    const newest = this.reorder.newestTime
    this.losses.end(this.options.bootNow?.() ?? this.progress.furthest)
    this.reorder.flush()
    this.match()
    if (ended) this.giveUp(this.matcher.giveUpAll(ended.reason, ended.at))
    this.lostBefore += this.losses.lost
    this.losses = new Losses(this.options.toUnix)
    this.progress = new Progress()
    this.kernel.restart()
    if (newest) this.gaps.open(newest)
    this.ready = false
  }

  /** No process follows: what is still open was traced until the last event. */
  end(): void {
    const at = this.reorder.newestTime
    this.endProcess(at && { reason: 'tracingEnded', at })
    for (const span of this.matcher.end()) this.options.onSpan(span)
  }

  private arrive(arrival: Arrival, nowMs: number): void {
    this.losses.arrive(arrival.counter)
    if (arrival.pid !== this.lastPid) {
      this.lastPid = arrival.pid
      this.options.onPid?.(arrival.pid)
    }
    this.reorder.push(arrival, nowMs)
  }

  private otherLine(line: string, nowMs: number): void {
    for (const result of this.events(readOutput(line))) {
      if (result.ok) this.arrive(result.event, nowMs)
      else this.noteMalformed(result.reason)
    }
    // It may have been told of what had arrived.
    this.reorder.advance(nowMs)
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
        // They were read after what came before them was printed.
        this.arriveUntil(this.losses.print(record.maps, this.progress.furthest, this.options.bootNow?.()))
        this.kernel.print(record.maps)
        this.unpaired.print(record.maps)
        this.remark(this.kernel.fullWarning())
        return []
      case 'attached':
      case 'recording':
      case 'other':
        return []
    }
  }

  private tuple(value: JsonValue): EventResult[] {
    if (!Array.isArray(value)) return [{ ok: false, reason: `printed value is no tuple: ${jsonText(value)}` }]
    const ready = readyIn(value)
    if (ready) {
      if (!this.ready) this.begin(ready.at)
      return []
    }
    const told = progressIn(value)
    if (!told) return [this.tuples.read(value)]
    this.advance(told)
    return []
  }

  private begin(boot: HrTime | undefined): void {
    this.ready = true
    if (boot) this.gaps.close(this.options.toUnix(boot))
    this.options.onReady?.()
  }

  private advance(told: BufferProgress): void {
    this.progress.advance(told)
    const { certain, likely } = this.progress
    if (certain) this.losses.settle(certain)
    this.arriveUntil(likely)
  }

  private arriveUntil(boot: HrTime | undefined): void {
    if (boot && this.options.reorderWindowMs === 'told') this.reorder.arrive(this.options.toUnix(boot))
  }

  /** Spans that were given up; those of whose time something was lost say so. */
  private giveUp(given: readonly MatchedSpan[]): void {
    for (const span of given) {
      span.nearLoss = this.isNearLoss(span.start.at, span.incomplete?.at ?? span.start.at)
      this.options.onSpan(span)
    }
  }

  /** What has become due. */
  private match(): void {
    const { unpaired, reorder } = this
    for (let arrival = reorder.next(); arrival; arrival = reorder.next()) {
      const event = 'bytes' in arrival ? this.whole(arrival) : arrival
      if (event === undefined) continue
      if (unpaired.isWatching) unpaired.see(event)
      for (const span of this.matcher.push(event)) {
        span.nearLoss = this.isNearLoss(span.start.at, event.at)
        if (unpaired.isWatching) unpaired.made(span)
        this.options.onSpan(span)
      }
    }
  }

  private whole(head: TupleHead): ProbeEvent | undefined {
    const event = this.tupleLines.body(head)
    if (event) return event
    for (const result of this.events(readOutput(lineText(head.bytes, head.start, head.end)))) {
      if (result.ok) return result.event
      this.noteMalformed(result.reason)
    }
    return undefined
  }

  /** Whether events between the two times were lost, or nobody looked for a part of it. */
  private isNearLoss(start: HrTime, end: HrTime): boolean {
    return this.losses.isNear(start, end) || this.gaps.overlap(start, end)
  }

  private remark(text: string | undefined): void {
    if (text !== undefined) this.options.onRemark?.(text)
  }

  private noteMalformed(reason: string): void {
    this.counts.malformed += 1
    if (this.counts.malformed <= malformedShownMax) this.options.onRemark?.(reason)
  }
}
