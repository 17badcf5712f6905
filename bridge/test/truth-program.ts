// The program of truth.c as processes: compiled into a folder, told to fire, and what it wrote of its own spans.
import { once } from 'node:events'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { compile } from './compile.ts'
import type { Interval } from './target.ts'
import { until } from './waiting.ts'

export type TrueSpan = {
  kind: string
  /** Its number, and that of the call around it. */
  serial: bigint
  parent: bigint | undefined
  pid: bigint
  tid: bigint
  /** Absent where only the end was fired. */
  start: Interval | undefined
  /** Absent where only the start was fired. */
  end: Interval | undefined
  key: Buffer | undefined
  text: Buffer | undefined
}

export class TruthProgram {
  readonly path: string
  private readonly folder: string
  private readonly child: ChildProcessByStdio<Writable, Readable, null>
  private said = ''

  private constructor(path: string, folder: string) {
    this.path = path
    this.folder = folder
    this.child = spawn(path, [folder], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.child.stdout.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
  }

  static async start(folder: string): Promise<TruthProgram> {
    const truth = join(folder, 'truth-of')
    mkdirSync(truth)
    const program = new TruthProgram(compile('truth', folder, ['-pthread']), truth)
    await until(() => program.said.startsWith('ready'))
    return program
  }

  /** Lets it fire its probes, and answers its own record of them. */
  async fire(): Promise<TrueSpan[]> {
    this.child.stdin.write('go\n')
    await until(() => this.said.endsWith('done\n'))
    return readdirSync(this.folder).flatMap((pid) =>
      readFileSync(join(this.folder, pid), 'latin1')
        .trimEnd()
        .split('\n')
        .map((line) => trueSpan(BigInt(pid), line.split(' '))),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.child, 'close')
    this.child.kill('SIGKILL')
    await closed
  }
}

function trueSpan(pid: bigint, [kind = '', ...fields]: string[]): TrueSpan {
  const [serial = 0n, parent = 0n, tid = 0n, ...times] = fields.slice(0, 7).map(BigInt)
  const interval = (beforeNs = 0n, afterNs = 0n): Interval | undefined =>
    beforeNs === 0n ? undefined : { beforeNs, afterNs }
  const bytes = (hex = '-'): Buffer | undefined => (hex === '-' ? undefined : Buffer.from(hex, 'hex'))
  return {
    kind,
    serial,
    parent: parent === 0n ? undefined : parent,
    pid,
    tid,
    start: interval(times[0], times[1]),
    end: interval(times[2], times[3]),
    key: bytes(fields[7]),
    text: bytes(fields[8]),
  }
}
