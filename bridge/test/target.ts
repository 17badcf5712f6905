// The C program of target.c as a process: compiled into the test's folder, started, told to fire, and what it wrote
// about its own spans. Needs cc and sys/sdt.h.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { compile } from './compile.ts'
import { until } from './waiting.ts'

/** Unix nanoseconds right before and after a probe fired. */
export type Interval = { beforeNs: bigint; afterNs: bigint }
export type TrueSpan = { index: bigint; start: Interval; end: Interval; tid: bigint }

export const compileTarget = (folder: string): string => compile('target', folder, ['-O1', '-Wno-format'])

export class Target {
  private output = ''
  private readonly child: ChildProcessByStdio<Writable, Readable, null>
  private readonly ended: Promise<unknown>

  private constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
    this.child.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
  }

  /** `launcher` is a command that runs it, in a namespace for example. */
  static async start(program: string, launcher: readonly string[] = []): Promise<Target> {
    const [command, ...args] = [...launcher, program] as const
    const target = new Target(command, args)
    await until(() => target.output.startsWith('ready'))
    return target
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Lets it fire its probes, and answers its own record of them. */
  async fire(): Promise<TrueSpan[]> {
    this.output = ''
    this.child.stdin.write('go\n')
    await until(() => this.output.endsWith('done\n'))
    const lines = this.output.split('\n').filter((line) => /^\d/.test(line))
    return lines.map((line) => {
      const [index = 0n, a = 0n, b = 0n, c = 0n, d = 0n, tid = 0n] = line.split(' ').map(BigInt)
      return { index, start: { beforeNs: a, afterNs: b }, end: { beforeNs: c, afterNs: d }, tid }
    })
  }

  /** Ends it, as a crash would. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}
