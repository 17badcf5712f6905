// A bridge on every process of a program, with a receiver of its own and its numbers: what it told of them. Bound: its
// definition's file and all waits are the test's.
import { metricTable } from '../src/health/metric-table.ts'
import type { BridgeReport } from '../src/report.ts'
import { BridgeProcess, type Folder } from './bridge-process.ts'
import type { DecodedSpan } from './otlp-decode.ts'
import { Receiver } from './receiver.ts'

export class WatchedBridge {
  private readonly receiver: Receiver
  private readonly bridge: BridgeProcess
  private metricsUrl = ''

  private constructor(receiver: Receiver, env: Record<string, string>) {
    this.receiver = receiver
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }
    this.bridge = new BridgeProcess({ PROBESPAN_BRIDGE_LISTEN: '127.0.0.1:0', ...endpoint, ...env })
  }

  /** Attached when it answers; `pack` is the text of its definition, which goes into `folder`. */
  static async start(
    executable: string,
    folder: Folder,
    pack: string,
    env: Record<string, string>,
  ): Promise<WatchedBridge> {
    const receiver = await Receiver.start()
    const definition = folder.write(`${receiver.port}.yaml`, pack)
    const target = { TARGET_EXE: executable, PROBESPAN_PACK: definition }
    const watched = new WatchedBridge(receiver, { ...target, ...env })
    const { bridge } = watched
    await bridge.says(/health and metrics at (http:\S+)/)
    watched.metricsUrl = `${/health and metrics at (http:\S+)/.exec(bridge.said)?.[1]}/metrics`
    await bridge.says('attached to')
    return watched
  }

  get said(): string {
    return this.bridge.said
  }

  /** What the receiver has taken until now. */
  get spans(): readonly DecodedSpan[] {
    return this.receiver.spans
  }

  /** The bridge's numbers as /metrics tells them. */
  async report(): Promise<BridgeReport> {
    const text = await (await fetch(this.metricsUrl)).text()
    const values = new Map(text.split('\n').map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]))
    const entries = Object.entries(metricTable).map(([key, { name, labels }]) => {
      const inner = Object.entries(labels ?? {}).map(([label, value]) => `{${label}="${value}"}`)
      return [key, values.get(`probespan_bridge_${name}${inner.join('')}`)]
    })
    return Object.fromEntries(entries) as BridgeReport
  }

  /** Ends it in order; everything that it had matched is delivered. */
  stop(): Promise<number | null> {
    return this.bridge.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bridge[Symbol.asyncDispose]()
    await this.receiver[Symbol.asyncDispose]()
  }
}
