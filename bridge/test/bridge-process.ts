// The bridge as its users run it: a process of src/main.ts, or of the front door where flags are given. Out: what it
// said, its exit code, the processes below it. Bound: every wait ends after 30 s; a bridge left over is killed.
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BridgeFlags } from '../src/config.ts'
import { until } from './waiting.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const launcher = (flags: BridgeFlags): string =>
  `import { runBridge } from ${JSON.stringify(path('../src/index.ts'))}
process.exit(await runBridge(process.env, ${JSON.stringify(flags)}))`

export class BridgeProcess {
  said = ''
  readonly exitCode: Promise<number | null>
  private readonly child: ChildProcess
  private readonly isBeside: boolean

  constructor(
    env: Record<string, string>,
    options: {
      flags?: BridgeFlags
      uid?: number
      cwd?: string
      /** What is run before it, and becomes it. */
      before?: readonly string[]
      /** Runs in the pid namespace of this process, and with its /proc. */
      beside?: number
    } = {},
  ) {
    const { flags, uid, cwd, beside } = options
    this.isBeside = beside !== undefined
    const entered = beside === undefined ? [] : ['nsenter', `--target=${beside}`, '--pid', '--mount']
    const args = flags ? ['--input-type=module', '-e', launcher(flags)] : [path('../src/main.ts')]
    const [command = process.execPath, ...rest] = [
      ...entered,
      ...(options.before ?? []),
      process.execPath,
      ...args,
    ]
    this.child = spawn(command, rest, {
      // Nothing of the machine's own settings or state, but what finds node and bpftrace.
      env: { PATH: process.env.PATH ?? '', PROBESPAN_SPOOL: 'off', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(uid !== undefined && { uid, gid: uid }),
      ...(cwd !== undefined && { cwd }),
    })
    this.child.stderr?.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
    this.exitCode = new Promise((resolve) => this.child.on('close', resolve))
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Waits until the bridge has said it. */
  async says(text: string | RegExp): Promise<void> {
    const pattern = typeof text === 'string' ? { test: (said: string) => said.includes(text) } : text
    const isOver = (): boolean => this.child.exitCode !== null || this.child.signalCode !== null
    await until(
      () => pattern.test(this.said) || isOver(),
      () => `${text} in what the bridge said:\n${this.said}`,
    )
    if (!pattern.test(this.said)) throw new Error(`ended without saying ${text}:\n${this.said}`)
  }

  signal(name: NodeJS.Signals): void {
    // nsenter waits for it, and passes nothing on.
    if (this.isBeside) for (const pid of this.descendants().slice(0, 1)) process.kill(pid, name)
    else this.child.kill(name)
  }

  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null> {
    this.signal('SIGTERM')
    return this.exitCode
  }

  /** All processes below the bridge. */
  descendants(pid = this.pid): number[] {
    const file = `/proc/${pid}/task/${pid}/children`
    const children = existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : []
    return children.flatMap((child) => [child, ...this.descendants(child)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const below = this.descendants()
    if (this.child.exitCode === null && this.child.signalCode === null) this.signal('SIGKILL')
    await this.exitCode
    for (const pid of below.filter(isAlive)) process.kill(pid, 'SIGKILL')
  }
}

export function isAlive(pid: number): boolean {
  // A zombie that nobody has waited for yet is no process any more.
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

export type Plan = {
  version?: string
  probes?: string[]
  play?: string
  drain?: string
  stderr?: string
  exitCode?: number
  deaf?: boolean
  /** `--version` is not answered. */
  slowVersion?: boolean
  /** Of the run after this one. */
  next?: Plan
}

/** A folder for a test's files, removed at its end. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'probespan-bridge-'))

  write(name: string, content: string | Buffer): string {
    const file = join(this.path, name)
    writeFileSync(file, content)
    return file
  }

  /** A script of Node's as a program that needs nothing in PATH. */
  program(script: string): string {
    const code = readFileSync(script, 'utf8').replace(/^#!.*/, `#!${process.execPath}`)
    const file = this.write('program.mjs', code)
    chmodSync(file, 0o755)
    return file
  }

  /** The environment with the fake bpftrace playing `plan`; `play` and `drain` are texts here. */
  fakeBpftrace(plan: Plan): Record<string, string> {
    return {
      PROBESPAN_BPFTRACE: path('fake-bpftrace.mjs'),
      FAKE_BPFTRACE_PLAN: this.write('plan.json', JSON.stringify(this.withFiles(plan, ''))),
    }
  }

  private withFiles(plan: Plan, number: string): Plan {
    const { play, drain, next } = plan
    return {
      ...plan,
      ...(play !== undefined && { play: this.write(`play${number}.jsonl`, play) }),
      ...(drain !== undefined && { drain: this.write(`drain${number}.jsonl`, drain) }),
      ...(next && { next: this.withFiles(next, `${number}+`) }),
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
