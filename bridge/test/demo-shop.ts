// The demo's shop as a process of its own on a free port, its traffic, and its log: the truth that spans are compared
// with. Bound: 20 s to start and to end, then it is killed.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { runTraffic, type LogLine } from '@probespan/usdt-demo'

const stepTimeoutMs = 20_000
const main = fileURLToPath(new URL('../../usdt-demo/src/main.ts', import.meta.url))

export class DemoShop {
  private readonly child: ChildProcess
  private readonly folder: string
  private readonly url: string

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.child = child
    this.folder = folder
    this.url = url
  }

  static async start(): Promise<DemoShop> {
    const folder = mkdtempSync(join(tmpdir(), 'probespan-shop-'))
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH ?? '', SHOP_PORT: '0', SHOP_LOG: join(folder, 'shop.ndjson') },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const signal = AbortSignal.timeout(stepTimeoutMs)
    const lines = createInterface(child.stdout)
    const [line = ''] = (await once(lines, 'line', { signal })) as string[]
    const url = /listening on (http:\S+?),/.exec(line)?.[1]
    if (url === undefined) throw new Error(`unexpected first line of the shop: ${line}`)
    return new DemoShop(child, folder, url)
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Overlapping requests, the same for every run. */
  async serve(requests: number): Promise<void> {
    const signal = new AbortController().signal
    await runTraffic({ url: this.url, requests, concurrency: 24, seed: 5, signal })
  }

  /** Ends the shop, in order. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const kill = setTimeout(() => this.child.kill('SIGKILL'), stepTimeoutMs)
    const ended = once(this.child, 'exit')
    this.child.kill()
    await ended
    clearTimeout(kill)
  }

  /** Complete once the shop has ended. */
  log(): LogLine[] {
    const lines = readFileSync(join(this.folder, 'shop.ndjson'), 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as LogLine)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
