// The bridge as a process runs it: configuration in, an exit code out; signals stop it in order. Ready, remarks and
// the summary go to stderr as plain lines; stdout stays free.
import { setTimeout as wait } from 'node:timers/promises'
import { readConfig, type BridgeFlags } from './config.ts'
import { Bridge } from './bridge.ts'
import { BridgeError } from './errors.ts'
import { openDelivery } from './deliver/open-delivery.ts'
import { HealthServer } from './health/health-server.ts'
import type { BridgeReport } from './report.ts'

/** A signal to both bridge and bpftrace is seen here so much later at the most. */
const signalDelayMs = 100

const say = (text: string): void => void process.stderr.write(`probespan bridge: ${text}\n`)

/**
 * Never rejects for an operational error: it is told, and its exit code answered. Exit the process with it: an attempt
 * to deliver that was given up may still be under way.
 */
export async function runBridge(env: NodeJS.ProcessEnv, flags: BridgeFlags = {}): Promise<number> {
  let stopped = false
  let bridge: Bridge | undefined
  let health: HealthServer | undefined
  const stop = (): void => {
    stopped = true
    bridge?.stop()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    const config = readConfig(env, flags)
    const log = { info: say, warn: say }
    const running = new Bridge(config, await openDelivery(config, log), log)
    bridge = running
    // Asked to stop while the spool was read.
    if (stopped) bridge.stop()
    if (config.listen) {
      health = await HealthServer.start(config.listen, {
        facts: () => running.health(),
        report: () => running.report(),
      })
      say(health.described)
    }
    const report = await bridge.run()
    say(summary(report))
    return 0
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    // Ctrl-C also ends the bpftrace that is asked for its version or probes: no failure. Its end may be seen first.
    if (!stopped) await wait(signalDelayMs)
    if (stopped) {
      say('stopped before it was attached')
      return 0
    }
    say(`${error.code}: ${error.message}`)
    return error.exitCode
  } finally {
    await health?.close()
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

/** One line: what was seen, what became of it, what was lost. */
export function summary(report: BridgeReport): string {
  const rest = reportedIfAny.filter((key) => report[key] > 0).map((key) => `, ${report[key]} ${key}`)
  const rejected = report.refused + report.partlyRejected
  if (rejected > 0) rest.push(`, ${rejected} rejected`)
  if (report.spooledSpans > 0) rest.push(`, ${report.spooledSpans} kept in the spool`)
  const restarts = report.bpftraceRestarts
  if (restarts > 0) rest.push(`, bpftrace restarted ${restarts} ${restarts === 1 ? 'time' : 'times'}`)
  const dropped = sumOfDropped(report)
  return (
    `${report.starts} starts and ${report.ends} ends became ${report.paired} spans` +
    `${report.points > 0 ? `, ${report.points} points became spans of their own` : ''}; ` +
    `${report.open} open, ${report.expired} expired, ${report.evicted} evicted, ${report.orphaned} orphaned ends; ` +
    `${report.lost} events lost in the kernel; ` +
    `${report.exported} exported, ${dropped} dropped${rest.join('')}`
  )
}

function sumOfDropped(report: BridgeReport): number {
  const { droppedQueueFull, droppedSpoolFull, droppedDamaged, droppedOversized, droppedAtEnd } = report
  return droppedQueueFull + droppedSpoolFull + droppedDamaged + droppedOversized + droppedAtEnd
}

const reportedIfAny = [
  'superseded',
  'processEnded',
  'tracingEnded',
  'orphanedInKernel',
  'supersededInKernel',
  'unstoredInKernel',
  'late',
  'malformed',
  'overlongLines',
  'keylessStarts',
  'keylessEnds',
  'parentless',
  'spanless',
  'tornRecords',
] as const
