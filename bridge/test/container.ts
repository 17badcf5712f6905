// A container as an engine runs it, without an engine: a shell in a mount namespace of its own, with an /etc/hosts that is
// mounted from where the engine keeps the container's files. Its processes are in its shell's group. Needs root.
import { spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './waiting.ts'

export class Container {
  readonly id: string
  private readonly shell: ChildProcess
  private readonly ended: Promise<unknown>
  private said = ''

  /** `id` has 64 digits; the container's files are below `folder`. */
  constructor(folder: string, id: string) {
    this.id = id
    const files = join(folder, 'containers', id)
    mkdirSync(files, { recursive: true })
    copyFileSync('/etc/hosts', join(files, 'hosts'))
    const command = `mount --bind ${join(files, 'hosts')} /etc/hosts && exec sh`
    const stdio = ['pipe', 'pipe', 'inherit'] as const
    this.shell = spawn('unshare', ['-m', 'sh', '-c', command], { stdio: [...stdio], detached: true })
    this.ended = new Promise((resolve) => this.shell.once('exit', resolve))
    this.shell.stdout?.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
  }

  /** Starts a program that says "ready"; answers its pid. */
  async run(program: string, ...args: readonly (string | number)[]): Promise<number> {
    this.said = ''
    this.shell.stdin?.write(`${program} ${args.join(' ')} &\necho pid $!\n`)
    await until(() => this.said.includes('ready\n') && /^pid \d+$/m.test(this.said))
    return Number(/^pid (\d+)$/m.exec(this.said)?.[1])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.shell.exitCode === null && this.shell.signalCode === null)
      process.kill(-(this.shell.pid ?? 0), 'SIGKILL')
    await this.ended
  }
}
