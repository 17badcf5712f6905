// Composes the bridge: bpftrace (or a recording) → pipeline → spans → delivery. One `Bridge` a run.
import { setTimeout as sleep } from 'node:timers/promises'
import { RandomIdGenerator } from '@opentelemetry/sdk-trace-base'
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import { BpftraceProcess, type BpftraceEnd } from './bpftrace/process.ts'
import { bpftraceVersion } from './bpftrace/probes.ts'
import { LineSplitter } from './bpftrace/lines.ts'
import { reorderWindowMs, type BpftraceVersion } from './bpftrace/version.ts'
import type { BridgeConfig } from './config.ts'
import type { Definition } from './definition/definition.ts'
import type { ToUnix } from './event/tuple.ts'
import type { Delivery, DeliveryCounts } from './deliver/delivery.ts'
import type { HealthFacts } from './health/verdict.ts'
import type { MatchedSpan, MatcherCounts } from './match/matcher.ts'
import { Pipeline, type PipelineCounts } from './pipeline.ts'
import { readRecording, Recorder, type RecordingHead } from './recording.ts'
import { definitionOf, prepareInvocation } from './source.ts'
import { processResource } from './span/process-resource.ts'
import { readableSpan } from './span/readable-span.ts'
import { calibrate, recalibrated } from './time/clock.ts'
import { addTimes, timeOfNs } from './time/instant.ts'

const tickMs = 100
const recalibrateMs = 60_000
const closeDeadlineMs = 5000
/** A recording plays faster than it can be delivered: it waits instead of overflowing queue or spool. */
const replayPendingMax = 10_000

/** Every number here is also a metric: health/metric-table.ts. */
export type BridgeReport = MatcherCounts &
  PipelineCounts &
  DeliveryCounts & {
    open: number
    held: number
    late: number
    lost: number
    overlongLines: number
    queuedSpans: number
    queuedBytes: number
    spooledSpans: number
    spooledBytes: number
    clockErrorSeconds: number
  }

export type BridgeLog = { info(text: string): void; warn(text: string): void }

export class Bridge {
  private readonly config: BridgeConfig
  private readonly log: BridgeLog
  private readonly delivery: Delivery
  private readonly ids = new RandomIdGenerator()
  private pipeline: Pipeline | undefined
  private process: BpftraceProcess | undefined
  private stopping = false
  private attached = false
  private clockErrorNs = 0n
  private overlongLines = (): number => this.process?.overlongLines ?? 0

  constructor(config: BridgeConfig, delivery: Delivery, log: BridgeLog) {
    this.config = config
    this.log = log
    this.delivery = delivery
  }

  /**
   * Runs until bpftrace ends (the target ended), the recording is played or `stop` is called; everything matched is
   * then delivered, within a deadline. `onReady` is called once events are seen. Rejects with BridgeError.
   */
  async run(onReady: () => void): Promise<BridgeReport> {
    try {
      const end = await this.trace(onReady)
      if (end.failure) throw end.failure
    } finally {
      this.attached = false
      await this.delivery.close(closeDeadlineMs)
    }
    const report = this.report()
    if (!report) throw new Error('a run without a pipeline')
    return report
  }

  /** Ends `run` in order: bpftrace drains, what it holds is matched and delivered. */
  stop(): void {
    this.stopping = true
    void this.process?.stop()
  }

  health(): HealthFacts {
    return { attached: this.attached, delivery: this.delivery.state }
  }

  /** As of now; undefined before anything is traced. */
  report(): BridgeReport | undefined {
    const { pipeline } = this
    if (!pipeline) return undefined
    const { queuedSpans, queuedBytes, spooledSpans, spooledBytes } = this.delivery.state
    return {
      ...pipeline.matcher.counts,
      ...pipeline.counts,
      ...this.delivery.counts,
      open: pipeline.matcher.openCount,
      held: pipeline.matcher.heldCount,
      late: pipeline.reorder.late,
      lost: pipeline.losses.lost,
      overlongLines: this.overlongLines(),
      queuedSpans,
      queuedBytes,
      spooledSpans,
      spooledBytes,
      clockErrorSeconds: Number(this.clockErrorNs) / 1e9,
    }
  }

  private async trace(onReady: () => void): Promise<BpftraceEnd> {
    const definition = await definitionOf(this.config)
    const ready = (): void => {
      this.attached = true
      onReady()
    }
    return this.config.replayPath === undefined
      ? this.runLive(definition, ready)
      : this.replay(definition, this.config.replayPath, ready)
  }

  private async runLive(definition: Definition, onReady: () => void): Promise<BpftraceEnd> {
    const { bpftrace: program, targetPid } = this.config
    const version = await bpftraceVersion(program)
    const invocation = await prepareInvocation(this.config, definition, version)
    const resource = await processResource(targetPid, this.resourceAttributes(definition))
    const scriptPath = this.config.source.kind === 'script' ? this.config.source.path : undefined
    let calibration = calibrate()
    this.clockErrorNs = calibration.errorNs
    let offset = timeOfNs(calibration.offsetNs)
    const head = { bpftrace: version, bootToUnixNs: calibration.offsetNs, resource }
    const recorder = await this.openRecorder(head)
    const pipeline = this.createPipeline(definition, version, (boot) => addTimes(boot, offset), onReady)
    this.process = new BpftraceProcess(program, invocation, { targetPid, scriptPath }, (line) => {
      recorder?.write(line)
      this.deliver(pipeline.line(line, performance.now()), resource)
    })
    if (this.stopping) this.stop()
    const ticking = setInterval(() => this.deliver(pipeline.tick(performance.now()), resource), tickMs)
    const calibrating = setInterval(() => {
      calibration = recalibrated(calibration, calibrate())
      offset = timeOfNs(calibration.offsetNs)
      this.clockErrorNs = calibration.errorNs
    }, recalibrateMs)
    const end = await this.process.ended
    clearInterval(ticking)
    clearInterval(calibrating)
    this.deliver(pipeline.end(), resource)
    await recorder?.close()
    if (!end.failure && !this.stopping) this.log.info(`process ${targetPid} has ended`)
    return end
  }

  private async replay(definition: Definition, path: string, onReady: () => void): Promise<BpftraceEnd> {
    const { head, bytes } = await readRecording(path)
    const resource = resourceFromAttributes({
      ...head.resource.attributes,
      ...this.resourceAttributes(definition),
      // Says on every span that it is not live.
      'probespan.replay': true,
    })
    const offset = timeOfNs(head.bootToUnixNs)
    const toUnix: ToUnix = (boot) => addTimes(boot, offset)
    // Said at once: a recording need not hold the announcement.
    onReady()
    const pipeline = this.createPipeline(definition, head.bpftrace, toUnix, () => undefined)
    const splitter = new LineSplitter()
    this.overlongLines = () => splitter.overlong
    for (const line of [...splitter.push(bytes), ...splitter.end()]) {
      this.deliver(pipeline.line(line, performance.now()), resource)
      while (this.delivery.pending > replayPendingMax && !this.stopping) await sleep(tickMs)
    }
    this.deliver(pipeline.end(), resource)
    return {}
  }

  private createPipeline(
    definition: Definition,
    version: BpftraceVersion,
    toUnix: ToUnix,
    onReady: () => void,
  ): Pipeline {
    this.pipeline = new Pipeline({
      definition,
      toUnix,
      reorderWindowMs: reorderWindowMs(version),
      ids: this.ids,
      onReady,
      onText: (text) => {
        this.process?.noteText(text)
        this.log.warn(text)
      },
      onRemark: (text) => this.log.warn(text),
    })
    return this.pipeline
  }

  private deliver(spans: readonly MatchedSpan[], resource: Resource): void {
    for (const span of spans) this.delivery.push(readableSpan(span, resource))
  }

  private resourceAttributes(definition: Definition): Record<string, string> {
    const { serviceName } = this.config
    return { ...definition.resource, ...(serviceName !== undefined && { 'service.name': serviceName }) }
  }

  private async openRecorder(head: RecordingHead): Promise<Recorder | undefined> {
    const { recordPath } = this.config
    if (recordPath === undefined) return undefined
    return Recorder.open(recordPath, head, (error) =>
      this.log.warn(`the recording ${recordPath} ends here (${error.message}); tracing goes on`),
    )
  }
}
