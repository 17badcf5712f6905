// A C program of this folder with probes, as a process: compiled into a test's folder, told to go on by lines, waited
// for by what it prints. It is killed at the end of its block.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { compile } from './compile.ts'
import { until } from './waiting.ts'

export class ProbeProgram {
  readonly path: string
  private readonly child: ChildProcessByStdio<Writable, Readable, null>
  private said = ''

  private constructor(path: string, args: readonly string[]) {
    this.path = path
    this.child = spawn(path, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.child.stdout.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
  }

  /** `name` is that of its source; it has printed "ready" when it answers. */
  static async start(name: string, folder: string, args: readonly string[] = []): Promise<ProbeProgram> {
    const program = new ProbeProgram(compile(name, folder, ['-pthread']), args)
    await program.says(/ready\n/)
    return program
  }

  goOn(): void {
    this.child.stdin.write('\n')
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null
    await until(
      () => (found = pattern.exec(this.said)) !== null,
      () => `${pattern} in what the program said: ${this.said}`,
    )
    return found ?? pattern.exec(this.said)!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.child, 'close')
    this.child.kill('SIGKILL')
    if (this.child.exitCode === null) await closed
  }
}
