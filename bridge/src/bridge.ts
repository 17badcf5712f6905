// Composes the bridge: sessions (a pack or script on a target each), or a recording, over one delivery. One `Bridge` a
// run.
import { cpus } from 'node:os'
import { eventBufferOf } from './bpftrace/event-buffer.ts'
import { deathSignalLauncher } from './bpftrace/launcher.ts'
import { lineText } from './bpftrace/lines.ts'
import { bpftraceVersion } from './bpftrace/probes.ts'
import type { BpftraceVersion } from './bpftrace/version.ts'
import type { BridgeConfig } from './config.ts'
import type { Definition } from './definition/definition.ts'
import type { Delivery } from './deliver/delivery.ts'
import type { BridgeError } from './errors.ts'
import { keepHeapSmall } from './heap.ts'
import type { HealthFacts } from './health/verdict.ts'
import { Recorder } from './recording.ts'
import { reportOf, type BridgeReport, type ReportPart } from './report.ts'
import { Session, type SessionEvents, type SessionPlan } from './session/session.ts'
import { Replay } from './session/replay.ts'
import { randomWords } from './span/binary-context.ts'
import { UnixClock } from './session/unix-clock.ts'
import { definitionOf } from './source.ts'
import { readMainProcess, unnamedTarget } from './target/namespace-main.ts'
import type { TargetSelection } from './target/target.ts'

const tickMs = 100
const closeDeadlineMs = 5000

export type BridgeLog = { info(text: string): void; warn(text: string): void }

export class Bridge {
  private readonly config: BridgeConfig
  private readonly log: BridgeLog
  private readonly delivery: Delivery
  private readonly words = randomWords()
  private sessions: readonly Session[] = []
  private replay: Replay | undefined
  private clock: UnixClock | undefined
  private recorder: Recorder | undefined
  private stopping = false
  /** First failures; at as many as there are sessions nothing is traced at all. */
  private readonly failures: BridgeError[] = []

  constructor(config: BridgeConfig, delivery: Delivery, log: BridgeLog) {
    this.config = config
    this.log = log
    this.delivery = delivery
  }

  /**
   * Runs until every session has ended (its target or script has), the recording is played or `stop` is called;
   * everything matched is then delivered, within a deadline. Rejects with BridgeError where nothing can be traced.
   */
  async run(): Promise<BridgeReport> {
    try {
      if (this.config.replayPath === undefined) await this.runLive()
      else await this.play(this.config.replayPath)
    } finally {
      this.clock?.close()
      await this.recorder?.close()
      await this.delivery.close(closeDeadlineMs)
    }
    const report = this.report()
    if (!report) throw new Error('a run that traced nothing')
    return report
  }

  /** Ends `run` in order: every bpftrace drains, what they hold is matched and delivered. */
  stop(): void {
    this.stopping = true
    this.replay?.stop()
    for (const session of this.sessions) session.stop()
  }

  health(): HealthFacts {
    const going = this.sessions.filter(({ state }) => state !== 'over')
    const attached = going.length > 0 && going.every(({ state }) => state === 'attached')
    return { attached: attached || this.replay?.isPlaying === true, delivery: this.delivery.state }
  }

  /** As of now; undefined before anything is traced. */
  report(): BridgeReport | undefined {
    const parts: readonly ReportPart[] = this.replay ? [this.replay] : this.sessions
    return parts.length === 0 ? undefined : reportOf(parts, this.delivery, this.clock?.errorNs ?? 0n)
  }

  private async runLive(): Promise<void> {
    const { bpftrace: program, serviceName } = this.config
    const plans = await this.plans()
    const [version, launcher] = await Promise.all([bpftraceVersion(program), deathSignalLauncher()])
    if (launcher.length === 0) {
      this.log.info(
        'there is no setpriv of util-linux: a bridge killed with -9 leaves bpftrace behind until it prints',
      )
    }
    const clock = new UnixClock()
    this.clock = clock
    const environment = {
      program,
      launcher,
      version,
      buffer: eventBufferOf(version, cpus().length, this.config.bufferPages),
      cpus: cpus().length,
      mapKeys: this.config.mapKeys,
      clock,
      words: this.words,
      attributes: serviceName === undefined ? {} : { 'service.name': serviceName },
      deliver: this.delivery.push.bind(this.delivery),
    }
    this.sessions = plans.map((plan) => {
      const session = new Session(
        plan,
        environment,
        this.eventsOf(plan, () => session.name, version),
      )
      return session
    })
    if (this.stopping) this.stop()
    const ticking = setInterval(() => {
      for (const session of this.sessions) session.tick(performance.now())
      keepHeapSmall(this.sessions.reduce((sum, { pipeline }) => sum + pipeline.matcher.openCount, 0))
    }, tickMs)
    const ends = await Promise.all(this.sessions.map((session) => session.run())).finally(() =>
      clearInterval(ticking),
    )
    const [failure] = this.isFatal ? this.failures : ends
    if (failure && !this.stopping && (this.isFatal || ends.every((end) => end !== undefined))) throw failure
  }

  /** Every source on every target. */
  private async plans(): Promise<SessionPlan[]> {
    const plans: SessionPlan[] = []
    for (const source of this.config.sources) {
      const definition = await definitionOf(source)
      const targets = await this.targetsOf(definition)
      for (const target of targets) plans.push({ source, definition, target })
    }
    return plans
  }

  private async targetsOf({ target }: Definition): Promise<readonly TargetSelection[]> {
    const { targets } = this.config
    if (targets.length > 0) return targets
    if (target) return [target]
    const { selection, words } = unnamedTarget(await readMainProcess())
    this.log.info(words)
    return [selection]
  }

  private get isFatal(): boolean {
    return this.failures.length > 0 && this.failures.length === this.sessions.length
  }

  private eventsOf({ source }: SessionPlan, name: () => string, version: BpftraceVersion): SessionEvents {
    const { log, config } = this
    const isOnly = (): boolean => this.sessions.length === 1
    const told = (text: string): string => (isOnly() ? text : `${name()}: ${text}`)
    return {
      onAttached: (what, times) =>
        log.info(`attached ${times > 0 ? 'again ' : ''}to ${what}; ${source.path} to ${config.tracesUrl}`),
      onFirstFailure: (failure, isGivenUp) => {
        this.failures.push(failure)
        const next = isGivenUp ? 'given up' : 'tried again'
        if (!isOnly()) log.warn(told(`${failure.code}: ${failure.message}\n(${next})`))
        if (this.isFatal) for (const session of this.sessions) session.stop()
      },
      info: (text) => log.info(told(text)),
      warn: (text) => log.warn(told(text)),
      onLine: (bytes, start, end) => this.recorder?.write(lineText(bytes, start, end)),
      onRun: async (resource) => {
        const { recordPath } = config
        if (recordPath === undefined || this.recorder || !this.clock) return
        const head = { bpftrace: version, bootToUnixNs: this.clock.offsetNs, resource }
        this.recorder = await Recorder.open(recordPath, head, (error) =>
          log.warn(`the recording ${recordPath} ends here (${error.message}); tracing goes on`),
        )
      },
    }
  }

  private async play(path: string): Promise<void> {
    const { sources, serviceName, tracesUrl } = this.config
    const [source] = sources
    const definition = await definitionOf(source)
    const attributes = {
      ...definition.resource,
      ...(serviceName !== undefined && { 'service.name': serviceName }),
    }
    const onRemark = (text: string): void => this.log.warn(text)
    const options = { definition, attributes, words: this.words, onRemark }
    const replay = await Replay.open(path, this.delivery, options)
    this.replay = replay
    if (this.stopping) replay.stop()
    // Said at once: a recording need not hold the announcement.
    this.log.info(`REPLAY of ${path}, not live; ${source.path} to ${tracesUrl}`)
    await replay.play()
  }
}
