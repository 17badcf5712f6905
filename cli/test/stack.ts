// Ingest, the shop and the bridge as real processes for the end-to-end tests, in a folder and on ports of their own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child, isExit } from '../src/demo/child.ts'

export const project = fileURLToPath(new URL('../../', import.meta.url))
export const cliMain = join(project, 'cli/src/main.ts')

export class Stack {
  readonly folder = mkdtempSync(join(tmpdir(), 'probespan-e2e-'))
  readonly shopLog = join(this.folder, 'shop.ndjson')
  private readonly children: Child[] = []

  /** Answers its address. */
  async startIngest(env: Record<string, string> = {}): Promise<string> {
    const ingest = this.start('ingest', cliMain, ['ingest'], {
      PROBESPAN_PORT: '0',
      PROBESPAN_OTLP_HTTP_PORT: 'off',
      PROBESPAN_OTLP_GRPC_PORT: 'off',
      PROBESPAN_DB: join(this.folder, 'traces.db'),
      PROBESPAN_LOG_LEVEL: 'warn',
      PROBESPAN_OWN_TRACES: 'false',
      ...env,
    })
    return (await this.waitFor(ingest, /listens on (http:\S+)/))[1] ?? ''
  }

  async startShop(): Promise<{ url: string; child: Child }> {
    const env = { SHOP_PORT: '0', SHOP_LOG: this.shopLog }
    const child = this.start('shop', join(project, 'usdt-demo/src/main.ts'), [], env)
    return { url: (await this.waitFor(child, /listening on (http:\S+?),? /))[1] ?? '', child }
  }

  /** Answers once the probes are attached. Without BPF it rejects with the bridge's own words. */
  async startBridge(script: string, args: string[], env: Record<string, string>): Promise<Child> {
    const bridge = this.start('bridge', script, args, env)
    await this.waitFor(bridge, /attached to process/)
    return bridge
  }

  /** Stops everything, the last started first, and removes the folder. */
  async stop(): Promise<void> {
    for (const child of this.children.toReversed()) await child.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private start(name: string, script: string, args: string[], env: Record<string, string>): Child {
    const child = new Child(name, script, args, env)
    this.children.push(child)
    return child
  }

  private async waitFor(child: Child, pattern: RegExp): Promise<RegExpExecArray> {
    const said = await child.said(pattern)
    if (isExit(said))
      throw new Error(`ended with exit code ${said.code} before ${pattern.source}:\n${said.lastWords}`)
    return said
  }
}

/** Why probes cannot be attached here; undefined where they can. On CI nothing is skipped: it fails instead. */
export function cannotTrace(): string | undefined {
  if (process.env.CI === 'true') return undefined
  return process.getuid?.() === 0 ? undefined : 'SKIPPED: attaching to probes needs root'
}
