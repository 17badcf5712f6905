// A recording played instead of tracing: its lines through the same pipeline, every span marked as no live one.
import { setTimeout as sleep } from 'node:timers/promises'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LineSplitter, type OnLine } from '../bpftrace/lines.ts'
import { reorderWindowMs } from '../bpftrace/version.ts'
import { isOfScript, type Definition } from '../definition/definition.ts'
import { textBytesMax } from '../definition/text-limit.ts'
import type { Delivery } from '../deliver/delivery.ts'
import { Pipeline } from '../pipeline.ts'
import { readRecording, type Recording } from '../recording.ts'
import type { WordSource } from '../span/binary-context.ts'
import { readableSpan } from '../span/readable-span.ts'
import { addTimes, timeOfNs } from '../time/instant.ts'

/** A recording plays faster than it can be delivered: it waits instead of overflowing queue or spool. */
const pendingMax = 10_000
const waitMs = 100

/** Between two looks at what waits. */
const chunkBytes = 64 * 1024

/** What a recording is played with. */
type ReplayOptions = {
  definition: Definition
  /** Of the resource: they win over the recording's. */
  attributes: Readonly<Record<string, string>>
  words: WordSource
  onRemark: (text: string) => void
}

export class Replay {
  readonly pipeline: Pipeline
  readonly restarts = 0
  isPlaying = false
  private readonly bytes: Buffer
  private readonly delivery: Delivery
  private readonly splitter = new LineSplitter()
  private stopping = false

  private constructor({ head, bytes }: Recording, delivery: Delivery, options: ReplayOptions) {
    const { definition, attributes, words, onRemark } = options
    this.bytes = bytes
    this.delivery = delivery
    const offset = timeOfNs(head.bootToUnixNs)
    const resource = resourceFromAttributes({
      ...head.resource.attributes,
      ...attributes,
      // Says on every span that it is not live.
      'probespan.replay': true,
    })
    // bpftrace's variables are not recorded.
    const textBytes = textBytesMax(definition, head.bpftrace, {})
    this.pipeline = new Pipeline({
      definition,
      toUnix: (boot) => addTimes(boot, offset),
      reorderWindowMs: reorderWindowMs(head.bpftrace, isOfScript(definition)),
      words,
      onSpan: (span) => delivery.push(readableSpan(span, resource, textBytes)),
      onText: onRemark,
      onRemark,
    })
  }

  /** Throws BridgeError `config_invalid` where the file is no recording. */
  static async open(path: string, delivery: Delivery, options: ReplayOptions): Promise<Replay> {
    return new Replay(await readRecording(path), delivery, options)
  }

  get overlongLines(): number {
    return this.splitter.overlong
  }

  stop(): void {
    this.stopping = true
  }

  async play(): Promise<void> {
    this.isPlaying = true
    const { bytes, delivery, pipeline, splitter } = this
    const onLine: OnLine = (...line) => pipeline.line(...line, performance.now())
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      splitter.push(bytes.subarray(at, at + chunkBytes), onLine)
      while (delivery.pending > pendingMax && !this.stopping) await sleep(waitMs)
    }
    splitter.end(onLine)
    pipeline.end()
    this.isPlaying = false
  }
}
