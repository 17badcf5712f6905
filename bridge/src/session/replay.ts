// A recording played instead of tracing: its lines through the same pipeline, every span marked as no live one.
import { setTimeout as sleep } from 'node:timers/promises'
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import { LineSplitter } from '../bpftrace/lines.ts'
import { reorderWindowMs } from '../bpftrace/version.ts'
import { isOfScript, type Definition } from '../definition/definition.ts'
import { textBytesMax } from '../definition/text-limit.ts'
import type { Delivery } from '../deliver/delivery.ts'
import type { MatchedSpan } from '../match/matcher.ts'
import { Pipeline } from '../pipeline.ts'
import { readRecording } from '../recording.ts'
import type { WordSource } from '../span/binary-context.ts'
import { readableSpan } from '../span/readable-span.ts'
import { addTimes, timeOfNs } from '../time/instant.ts'

/** A recording plays faster than it can be delivered: it waits instead of overflowing queue or spool. */
const pendingMax = 10_000
const waitMs = 100

export class Replay {
  readonly pipeline: Pipeline
  readonly restarts = 0
  isPlaying = false
  private readonly bytes: Buffer
  private readonly resource: Resource
  private readonly textBytes: number
  private readonly splitter = new LineSplitter()
  private stopping = false

  private constructor(pipeline: Pipeline, bytes: Buffer, resource: Resource, textBytes: number) {
    this.pipeline = pipeline
    this.bytes = bytes
    this.resource = resource
    this.textBytes = textBytes
  }

  /** `attributes` win over the recording's. Throws BridgeError `config_invalid` where the file is no recording. */
  static async open(
    path: string,
    definition: Definition,
    attributes: Readonly<Record<string, string>>,
    words: WordSource,
    onRemark: (text: string) => void,
  ): Promise<Replay> {
    const { head, bytes } = await readRecording(path)
    const offset = timeOfNs(head.bootToUnixNs)
    const pipeline = new Pipeline({
      definition,
      toUnix: (boot) => addTimes(boot, offset),
      reorderWindowMs: reorderWindowMs(head.bpftrace, isOfScript(definition)),
      words,
      onText: onRemark,
      onRemark,
    })
    const resource = resourceFromAttributes({
      ...head.resource.attributes,
      ...attributes,
      // Says on every span that it is not live.
      'probespan.replay': true,
    })
    // bpftrace's variables are not recorded.
    return new Replay(pipeline, bytes, resource, textBytesMax(definition, head.bpftrace, {}))
  }

  get overlongLines(): number {
    return this.splitter.overlong
  }

  stop(): void {
    this.stopping = true
  }

  async play(delivery: Delivery): Promise<void> {
    this.isPlaying = true
    const deliver = (spans: readonly MatchedSpan[]): void => {
      for (const span of spans) delivery.push(readableSpan(span, this.resource, this.textBytes))
    }
    for (const line of [...this.splitter.push(this.bytes), ...this.splitter.end()]) {
      deliver(this.pipeline.line(line, performance.now()))
      while (delivery.pending > pendingMax && !this.stopping) await sleep(waitMs)
    }
    deliver(this.pipeline.end())
    this.isPlaying = false
  }
}
