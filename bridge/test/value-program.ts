// The program of values.c as a process: built into a folder, fed with values that its probes then carry.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { compile } from './compile.ts'

const stepTimeoutMs = 20_000

export type Values = { text: Buffer; signed: bigint; unsigned: bigint; signed32: number; unsigned32: number }

export class ValueProgram {
  readonly pid: number
  private readonly child: ChildProcess

  private constructor(child: ChildProcess) {
    this.child = child
    this.pid = child.pid ?? 0
  }

  static async start(folder: string): Promise<ValueProgram> {
    const child = spawn(compile('values', folder), { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data', { signal: AbortSignal.timeout(stepTimeoutMs) })
    return new ValueProgram(child)
  }

  /** Fires a pair of probes for each, and ends the program. */
  async fire(values: readonly Values[]): Promise<void> {
    const lines = values.map((each) => {
      const text = each.text.length === 0 ? '-' : each.text.toString('hex')
      return `${text} ${each.signed} ${each.unsigned} ${each.signed32} ${each.unsigned32}\n`
    })
    const ended = once(this.child, 'exit')
    this.child.stdin?.end(lines.join(''))
    await ended
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL')
  }
}
