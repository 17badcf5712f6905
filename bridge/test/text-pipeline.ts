// A pipeline by lines as texts, which answers with the spans that each step gave. Bounds and times are the test's.
import type { OnLine } from '../src/bpftrace/lines.ts'
import type { MatchedSpan } from '../src/match/matcher.ts'
import { Pipeline, type Ending, type PipelineOptions } from '../src/pipeline.ts'

export class TextPipeline {
  readonly own: Pipeline
  private readonly spans: MatchedSpan[] = []

  constructor(options: Omit<PipelineOptions, 'onSpan'>) {
    this.own = new Pipeline({ ...options, onSpan: (span) => this.spans.push(span) })
  }

  /** One character a byte. */
  line(text: string, nowMs: number): MatchedSpan[] {
    const bytes = Buffer.from(text, 'latin1')
    return this.bytes(bytes, 0, bytes.length, nowMs)
  }

  bytes(...line: [...Parameters<OnLine>, nowMs: number]): MatchedSpan[] {
    this.own.line(...line)
    return this.spans.splice(0)
  }

  tick(nowMs: number): MatchedSpan[] {
    this.own.tick(nowMs)
    return this.spans.splice(0)
  }

  endProcess(ending?: Ending): MatchedSpan[] {
    this.own.endProcess(ending)
    return this.spans.splice(0)
  }

  end(): MatchedSpan[] {
    this.own.end()
    return this.spans.splice(0)
  }
}
