// One source (a pack or a script) on one target, for as long as the bridge runs: bpftrace is started, restarted when it
// dies, and attached again when the target is another. Spans go out by `deliver`; what is open stays open all the while.
import { setTimeout as sleep } from 'node:timers/promises'
import type { HrTime } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { targetGone } from '../bpftrace/failure.ts'
import { bpftraceEnvironment } from '../bpftrace/environment.ts'
import type { EventBuffer } from '../bpftrace/event-buffer.ts'
import type { OnLine } from '../bpftrace/lines.ts'
import { BpftraceProcess } from '../bpftrace/process.ts'
import { reorderWindowMs, type BpftraceVersion } from '../bpftrace/version.ts'
import type { BridgeSource } from '../config.ts'
import { isOfScript, type Definition } from '../definition/definition.ts'
import { textBytesMax } from '../definition/text-limit.ts'
import { BridgeError } from '../errors.ts'
import { Pipeline, type Ending } from '../pipeline.ts'
import type { WordSource } from '../span/binary-context.ts'
import { readableSpan } from '../span/readable-span.ts'
import { scriptOf } from '../source.ts'
import { atItsPlace, selectionText, type TargetSelection } from '../target/target.ts'
import { bootNowNs } from '../time/clock.ts'
import { timeOfNs } from '../time/instant.ts'
import { attachmentOf, type Attachment } from './attachment.ts'
import { Backoff, type Reached } from './backoff.ts'
import { nextStep, type NextStep, type RunEnd } from './next-step.ts'
import { ProcessWatch } from './process-watch.ts'
import { pidsAreForeign } from './pid-namespace.ts'
import { ProcessResources } from './process-resources.ts'
import type { UnixClock } from './unix-clock.ts'

export type SessionPlan = { source: BridgeSource; definition: Definition; target: TargetSelection }

export type SessionEnvironment = {
  /** The bpftrace program, what is run before it, and its version. */
  program: string
  launcher: readonly string[]
  version: BpftraceVersion
  buffer: EventBuffer
  cpus: number
  /** The user's number of keys of the kernel's maps. */
  mapKeys: string | undefined
  clock: UnixClock
  words: WordSource
  /** Attributes of every resource, by flag. */
  attributes: Readonly<Record<string, string>>
  deliver(span: ReadableSpan): void
}

export type SessionEvents = {
  /** Events are seen from now on; `what` names the target, `times` is how often before. */
  onAttached(what: string, times: number): void
  /** Every run of bpftrace, before its first line. */
  onRun?(resource: Resource): Promise<void>
  onLine?(...line: Parameters<OnLine>): void
  /** A first run that failed; unless it is given up, the session goes on until it is stopped. */
  onFirstFailure(failure: BridgeError, isGivenUp: boolean): void
  info(text: string): void
  warn(text: string): void
}

const watchMs = 500

type RunResult = RunEnd & { reached: Reached; lastedMs: number; what: string }

export class Session {
  readonly pipeline: Pipeline
  /** How often bpftrace was started again because it had ended by itself. */
  restarts = 0
  state: 'starting' | 'attached' | 'over' = 'starting'
  private readonly plan: SessionPlan
  private readonly environment: SessionEnvironment
  private readonly events: SessionEvents
  private readonly resources: ProcessResources
  private readonly textBytes: number
  private readonly backoff = new Backoff()
  private readonly stopped = new AbortController()
  private process: BpftraceProcess | undefined
  private overlongBefore = 0
  private timesAttached = 0
  private lostToTell = 1
  private told: string | undefined
  private current: Attachment | undefined
  private readonly watch = new ProcessWatch((pid) => this.endOf(pid))
  /** Of this run of bpftrace: its process was found to have ended, or the session was stopped. */
  private ending: Ending | undefined
  /** The last run with it saw events. */
  private hasWorked = false

  constructor(plan: SessionPlan, environment: SessionEnvironment, events: SessionEvents) {
    this.plan = plan
    this.environment = environment
    this.events = events
    this.textBytes = textBytesMax(plan.definition, environment.version, process.env)
    this.resources = new ProcessResources({ ...plan.definition.resource, ...environment.attributes })
    this.pipeline = new Pipeline({
      definition: plan.definition,
      toUnix: environment.clock.toUnix,
      reorderWindowMs: reorderWindowMs(environment.version, isOfScript(plan.definition)),
      bootNow: environment.clock.bootNow,
      words: environment.words,
      onSpan: (span) =>
        environment.deliver(readableSpan(span, this.resources.of(span.start.pid), this.textBytes)),
      onReady: () => this.attached(),
      onPid: (pid) => this.resources.see(pid, performance.now()),
      onText: (text) => {
        this.process?.noteText(text)
        events.warn(text)
      },
      onRemark: (text) => events.warn(text),
    })
  }

  /** "scripts-bt/demo.yaml on process 12". */
  get name(): string {
    return `${this.plan.source.path} on ${selectionText(this.plan.target)}`
  }

  get overlongLines(): number {
    return this.overlongBefore + (this.process?.overlongLines ?? 0)
  }

  /**
   * Runs until the target or the script has ended, or `stop` is called; everything matched is then handed on. Answers
   * why it was given up, if it was.
   */
  async run(): Promise<BridgeError | undefined> {
    let failure: BridgeError | undefined
    for (let step: NextStep = 'restart'; !this.isOver(step);) {
      const result = await this.runOnce()
      if (this.stopped.signal.aborted) break
      const { definition, target } = this.plan
      step = nextStep(result, this.timesAttached > 0, isOfScript(definition) ? 'script' : 'pack', target.kind)
      this.tell(step, result)
      if (step === 'give up') failure = result.failure
      if (step === 'restart' && result.reached !== 'nothing') this.restarts += 1
      if (!this.isOver(step) && !result.filesChanged) await this.pause(this.backoff.after(result))
    }
    this.state = 'over'
    this.giveUpEnded()
    this.pipeline.end()
    return failure
  }

  /** Ends `run` in order: bpftrace drains, what it holds is matched. */
  stop(): void {
    this.stopped.abort()
    this.ending ??= { reason: 'tracingEnded', at: this.environment.clock.now() }
    void this.process?.stop()
  }

  tick(nowMs: number): void {
    this.lookAtProcesses()
    this.pipeline.tick(nowMs)
    this.tellLosses()
  }

  private lookAtProcesses(): void {
    if (this.process && this.current?.isAlive() === false) {
      this.ending ??= { reason: 'processEnded', at: this.environment.clock.now() }
    }
    const { matcher } = this.pipeline
    for (const { pid, at } of this.watch.ended(() => matcher.openPids())) matcher.endProcess(pid, at)
  }

  private endOf(pid: number): HrTime | undefined {
    const bootNs = this.resources.endOf(pid, bootNowNs())
    return bootNs === undefined ? undefined : this.environment.clock.toUnix(timeOfNs(bootNs))
  }

  /** What is open of a process that ended, or of a session that was stopped, while no bpftrace ran. */
  private giveUpEnded(): void {
    const { current, ending, pipeline, environment } = this
    const hasEnded = current?.isAlive() === false
    const late: Ending | undefined =
      ending ?? (hasEnded ? { reason: 'processEnded', at: environment.clock.now() } : undefined)
    if (late && pipeline.matcher.openCount > 0) pipeline.endProcess(late)
  }

  /** The first losses, and again whenever they have become ten times as many. */
  private tellLosses(): void {
    const { lost } = this.pipeline
    if (lost < this.lostToTell) return
    this.lostToTell = lost * 10
    const { pages, bytes } = this.environment.buffer
    const isPack = !isOfScript(this.plan.definition)
    this.events.warn(
      `${lost} events of ${this.name} were lost in the kernel so far: they came faster than bpftrace took them out of its ` +
        `buffer (${bytes / 1024} KiB). ${isPack ? 'Spans of that time have probespan.near_loss. ' : ''}` +
        `For a larger buffer: BPFTRACE_PERF_RB_PAGES=${pages * 4}` +
        (isPack ? '; for half the events: "pair: kernel" in the definition' : ''),
    )
  }

  private isOver(step: NextStep): boolean {
    return this.stopped.signal.aborted || step === 'finish' || step === 'give up'
  }

  private async pause(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.stopped.signal }).catch(() => undefined)
  }

  /** One bpftrace, from what it is attached to to its end. */
  private async runOnce(): Promise<RunResult> {
    this.giveUpEnded()
    const startedMs = performance.now()
    const since = (): number => performance.now() - startedMs
    try {
      const { plan, environment } = this
      const { target } = plan
      // Its pid may be another's by now.
      if (target.kind === 'pid' && this.current?.isAlive() === false) throw targetGone(target.pid)
      // Where it had worked for a process that still runs, nothing needs to be looked for again.
      if (!this.isReusable()) this.current = await attachmentOf(plan.target, { ...plan, ...environment })
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error
      const ending = { targetAlive: true, filesChanged: false, what: selectionText(this.plan.target) }
      return {
        ...ending,
        failure: atItsPlace(error, this.plan.target),
        reached: 'nothing',
        lastedMs: since(),
      }
    }
    const attachment = this.current
    if (!attachment) throw new Error('nothing to attach to')
    await this.events.onRun?.(this.resourceOf(attachment))
    const end = await this.trace(attachment)
    const reached = this.state === 'attached' ? 'attached' : 'started'
    this.state = 'starting'
    this.hasWorked = reached === 'attached'
    const targetAlive = attachment.isAlive()
    if (!targetAlive || (end.filesChanged && attachment.pid !== undefined)) {
      this.ending ??= { reason: 'processEnded', at: this.environment.clock.now() }
    }
    this.pipeline.endProcess(this.ending)
    this.ending = undefined
    this.tellLosses()
    return { ...end, targetAlive, what: attachment.what, reached, lastedMs: since() }
  }

  private isReusable(): boolean {
    const { current } = this
    return this.hasWorked && current?.pid !== undefined && current.isAlive()
  }

  private async trace(attachment: Attachment): Promise<{ failure?: BridgeError; filesChanged: boolean }> {
    const { program, launcher, buffer } = this.environment
    const { pid } = attachment
    const scriptPath = scriptOf(this.plan.source, this.plan.definition)
    const about = {
      ...(pid !== undefined && { targetPid: pid }),
      ...(scriptPath !== undefined && { scriptPath }),
    }
    const { args, env } = attachment.invocation
    const own = { ...env, BPFTRACE_PERF_RB_PAGES: buffer.pages.toString() }
    const invocation = { args, env: bpftraceEnvironment(own) }
    const process = new BpftraceProcess(
      { program, launcher },
      invocation,
      about,
      (bytes, start, end, nowMs) => {
        this.events.onLine?.(bytes, start, end)
        this.pipeline.line(bytes, start, end, nowMs)
      },
    )
    this.process = process
    if (this.stopped.signal.aborted) void process.stop()
    let filesChanged = false
    const watching = setInterval(() => void look(), watchMs)
    const look = async (): Promise<void> => {
      if (filesChanged) return
      // Of one process bpftrace itself sees the end.
      const isOver = attachment.pid === undefined && !attachment.isAlive()
      if (!isOver) filesChanged = await attachment.hasChanged()
      if (isOver || filesChanged) void process.stop()
    }
    const end = await process.ended
    clearInterval(watching)
    this.overlongBefore += process.overlongLines
    this.process = undefined
    const failure = end.failure && (attachment.invocation.explain?.(end.failure) ?? end.failure)
    return { ...(failure && { failure }), filesChanged }
  }

  private resourceOf({ pid, executable }: Attachment): Resource {
    if (pid !== undefined) return this.resources.trace(pid)
    return this.resources.traceAny(executable, pidsAreForeign(this.environment.version))
  }

  private attached(): void {
    this.state = 'attached'
    this.told = undefined
    this.events.onAttached(this.current?.what ?? '', this.timesAttached)
    this.timesAttached += 1
  }

  private tell(step: NextStep, { failure, what, filesChanged, targetAlive }: RunResult): void {
    const { events } = this
    if (failure && this.timesAttached === 0 && this.told === undefined) {
      this.told = failure.message
      events.onFirstFailure(failure, step === 'give up')
    } else if (step === 'finish') {
      events.info(
        targetAlive && !failure ? `the script ${this.plan.source.path} has ended` : `${what} has ended`,
      )
    } else if (step === 'select again') {
      events.info(
        filesChanged
          ? `${what} runs or is another file now`
          : `${what} has ended; waiting for it to come back`,
      )
    } else if (failure?.message !== this.told || !failure) {
      this.told = failure?.message
      const said = failure ? `${failure.code}: ${failure.message}` : 'bpftrace was ended'
      events.warn(step === 'give up' ? `${said}\n(given up)` : `${said}\n(tried again)`)
    }
  }
}
