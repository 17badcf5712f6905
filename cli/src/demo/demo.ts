// `probespan demo`: ingest, the shop, the bridge on it, and traffic, each as a process of its own; prints the traces
// of real requests as trees. Where the probes cannot be attached it says why and replays a recording through the same
// bridge, never as live. Everything it started is stopped before it ends.
import { randomInt } from 'node:crypto'
import { accessSync, constants, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runTraffic } from '@probespan/usdt-demo'
import { traceTree } from '../show/tree.ts'
import { Child, isExit, type Exit } from './child.ts'
import { freePort } from './port.ts'
import { TraceWatch } from './watch.ts'

export type DemoOptions = { once: boolean; replayAllowed: boolean }

const cliMain = fileURLToPath(new URL('../main.ts', import.meta.url))
const shopMain = fileURLToPath(new URL('../../../usdt-demo/src/main.ts', import.meta.url))
const recording = fileURLToPath(new URL('../../../usdt-demo/recordings/shop.jsonl', import.meta.url))

const ingestPort = 3051
const onceTraces = 20
const shownTraces = 5
const onceDeadlineMs = 120_000
const pollMs = 300
const progressMs = 10_000
const requestsPerSecond = 20

/** Why the demo gives up; the message says what to do. */
class DemoFault extends Error {}

export async function runDemo(options: DemoOptions): Promise<number> {
  const children: Child[] = []
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  try {
    await new Demo(options, children, interrupted.signal).run()
    return 0
  } catch (error) {
    if (interrupted.signal.aborted) return 0
    if (!(error instanceof DemoFault)) throw error
    say(`the demo failed: ${error.message}`)
    return 1
  } finally {
    interrupt()
    // The last started first, one after the other: the bridge still delivers what it holds while ingest is there.
    for (const child of children.toReversed()) await child.stop()
  }
}

class Demo {
  private readonly options: DemoOptions
  private readonly children: Child[]
  private readonly signal: AbortSignal
  private sent = 0

  constructor(options: DemoOptions, children: Child[], signal: AbortSignal) {
    this.options = options
    this.children = children
    this.signal = signal
  }

  async run(): Promise<void> {
    const url = await this.startIngest()
    const watch = new TraceWatch({ url }, 'shop')
    // Those of an earlier run.
    await watch.next()
    const shop = await this.startShop()
    const refusal = shop.ok ? await this.attach(shop.pid, url) : shop.why
    if (shop.ok && refusal === undefined) {
      say('the bridge is attached; sending the shop requests')
      const traffic = this.sendTraffic(shop.url)
      await Promise.race([this.show(watch, url), traffic])
      return
    }
    await this.replay(url, refusal ?? '')
  }

  private async startIngest(): Promise<string> {
    const port = await freePort(ingestPort)
    if (port !== ingestPort) say(`port ${ingestPort} is taken, perhaps by another probespan: using ${port}`)
    const env = {
      PROBESPAN_HOST: '127.0.0.1',
      PROBESPAN_PORT: port.toString(),
      PROBESPAN_LOG_LEVEL: 'warn',
      // The demo asks several times a second: its questions would hide the shop's traces in the list.
      PROBESPAN_OWN_TRACES: 'false',
      ...databaseSetting(),
    }
    const ingest = this.start('ingest', cliMain, ['ingest'], env)
    const said = await ingest.said(/listens on (http:\S+)/)
    if (isExit(said)) throw new DemoFault(`ingest ended with exit code ${said.code}: ${said.lastWords}`)
    return said[1] ?? ''
  }

  private async startShop(): Promise<{ ok: true; url: string; pid: number } | { ok: false; why: string }> {
    const port = await freePort(3052)
    const shop = this.start('shop', shopMain, [], { SHOP_HOST: '127.0.0.1', SHOP_PORT: port.toString() })
    const said = await shop.said(/listening on (http:\S+?),? /)
    if (isExit(said)) return { ok: false, why: `the shop did not start: ${said.lastWords}` }
    return { ok: true, url: said[1] ?? '', pid: shop.pid }
  }

  /** Undefined once the probes are attached, else why they cannot be. */
  private async attach(pid: number, url: string): Promise<string | undefined> {
    const bridge = this.start(
      'bridge',
      cliMain,
      ['bridge', '--pack', 'demo', '--pid', pid.toString()],
      endpoint(url),
    )
    const said = await bridge.said(/attached to process/)
    return isExit(said) ? said.lastWords : undefined
  }

  private async replay(url: string, why: string): Promise<void> {
    if (!this.options.replayAllowed)
      throw new DemoFault(`the probes cannot be attached, and --no-replay is given.\n${why}`)
    say(`the probes cannot be attached on this machine, so nothing here is live:\n${why}`)
    say('REPLAYING a recording of the same shop through the same bridge instead')
    // A name of its own, so that nobody takes these for live ones later.
    const service = 'shop-replay'
    const watch = new TraceWatch({ url }, service)
    await watch.next()
    const args = ['bridge', '--pack', 'demo', '--replay', recording, '--service-name', service]
    const bridge = this.start('bridge', cliMain, args, endpoint(url))
    const exit: Exit = await bridge.exit
    if (exit.code !== 0) throw new DemoFault(`the replay failed: ${exit.lastWords}`)
    await this.show(watch, url)
  }

  private async sendTraffic(url: string): Promise<never> {
    await runTraffic({
      url,
      requests: Number.POSITIVE_INFINITY,
      concurrency: 8,
      // Callers' trace ids come from it: the same seed twice would put two runs into one trace.
      seed: randomInt(2 ** 31),
      ratePerSecond: requestsPerSecond,
      signal: this.signal,
      onProgress: ({ sent }) => (this.sent = sent),
    })
    throw new DemoFault('the traffic ended')
  }

  /** Prints the first traces; then (without --once) keeps running and says how it goes. */
  private async show(watch: TraceWatch, url: string): Promise<void> {
    const wanted = this.options.once ? onceTraces : shownTraces
    const deadline = performance.now() + onceDeadlineMs
    let shown = 0
    while (shown < wanted) {
      for (const trace of await watch.next()) {
        if (shown === wanted) break
        shown += 1
        process.stdout.write(`\n${traceTree(trace)}\n`)
      }
      if (performance.now() > deadline) {
        throw new DemoFault(
          `only ${shown} of ${wanted} complete traces were stored within ${onceDeadlineMs / 1000} s; the lines of [bridge] and [ingest] above say more`,
        )
      }
      await sleep(pollMs, undefined, { signal: this.signal })
    }
    say(`${shown} complete request traces were stored and are printed above`)
    if (this.options.once) return
    say(`the page with all of them: ${this.page(url)}`)
    const at = url.endsWith(`:${ingestPort}`) ? '' : ` --url ${url}`
    say(`in another terminal: npm run -s probespan -- traces${at}      Ctrl-C here ends everything`)
    for (;;) {
      await sleep(progressMs, undefined, { signal: this.signal })
      if (this.sent > 0) say(`${this.sent} requests sent so far; their traces: ${url}`)
    }
  }

  /** A replay's traces have the recording's times: newer ones would hide them. */
  private page(url: string): string {
    return this.sent > 0 ? url : `${url}/?service=shop-replay`
  }

  private start(name: string, script: string, args: string[], env: Record<string, string>): Child {
    const child = new Child(name, script, args, env)
    this.children.push(child)
    return child
  }
}

/** Where the usual folder is someone else's (root started the demo before), the traces go to one of this run's own. */
function databaseSetting(): Record<string, string> {
  if (process.env.PROBESPAN_DB) return {}
  try {
    mkdirSync('.data', { recursive: true })
    accessSync('.data', constants.W_OK | constants.X_OK)
    return {}
  } catch {
    const folder = mkdtempSync(join(tmpdir(), 'probespan-'))
    say(`.data cannot be written by this user: the traces of this run are kept in ${folder}`)
    return { PROBESPAN_DB: join(folder, 'probespan.db') }
  }
}

const endpoint = (url: string): Record<string, string> => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
const say = (text: string): void => void process.stderr.write(`probespan demo: ${text}\n`)
