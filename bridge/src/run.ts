// The bridge as a process runs it: configuration in, an exit code out; signals stop it in order. Ready, remarks and
// the summary go to stderr as plain lines; stdout stays free.
import { readConfig, type BridgeFlags } from './config.ts'
import { Bridge, type BridgeReport } from './bridge.ts'
import { BridgeError } from './errors.ts'
import { createExporter } from './exporter.ts'

const say = (text: string): void => void process.stderr.write(`probespan bridge: ${text}\n`)

/** Never rejects for an operational error: it is told, and its exit code answered. */
export async function runBridge(env: NodeJS.ProcessEnv, flags: BridgeFlags = {}): Promise<number> {
  try {
    const config = readConfig(env, flags)
    const bridge = new Bridge(config, createExporter(config), { info: say, warn: say })
    const stop = (): void => bridge.stop()
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    const what = `${config.source.path} to ${config.tracesUrl}`
    const report = await bridge.run(() =>
      say(
        config.replayPath === undefined
          ? `attached to process ${config.targetPid}; ${what}`
          : `REPLAY of ${config.replayPath}, not live; ${what}`,
      ),
    )
    say(summary(report))
    return 0
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    say(`${error.code}: ${error.message}`)
    return error.exitCode
  }
}

/** One line: what was seen, what became of it, what was lost. */
export function summary(report: BridgeReport): string {
  const zero = [
    'late',
    'malformed',
    'overlongLines',
    'keylessStarts',
    'keylessEnds',
    'parentless',
    'rejected',
  ] as const
  const rest = zero.filter((key) => report[key] > 0).map((key) => `, ${report[key]} ${key}`)
  return (
    `${report.starts} starts and ${report.ends} ends became ${report.spans} spans; ` +
    `${report.open} open, ${report.expired} expired, ${report.evicted} evicted, ${report.orphaned} orphaned ends; ` +
    `${report.lostEvents} events lost in the kernel; ${report.exported} exported, ${report.dropped} dropped${rest.join('')}`
  )
}
