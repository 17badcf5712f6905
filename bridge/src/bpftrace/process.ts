// One bpftrace process: its stdout as records, its end as a result. Stdout is drained without pause whatever the
// receiver does, because a reader that stalls loses events in the kernel.
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { execa } from 'execa'
import { LineSplitter, type OnLine } from './lines.ts'
import { classifyFailure, type FailedRun } from './failure.ts'
import { Pace } from './pace.ts'
import { openStdoutPipe } from './stdout-pipe.ts'
import type { BridgeError } from '../errors.ts'

/** bpftrace drains its buffers after SIGTERM; past this it is killed. */
const stopDeadlineMs = 5000
const stderrLinesMax = 50
type Environment = Readonly<Partial<Record<string, string>>>
/** `launcher` is a command that becomes `program`: launcher.ts. */
type Program = { program: string; launcher: readonly string[] }

function start({ program, launcher }: Program, args: readonly string[], env: Environment) {
  const [command, ...before] = [...launcher, program]
  const all = [command ?? program, [...before, ...args]] as const
  const options = {
    buffer: false,
    reject: false,
    stdin: 'ignore',
    forceKillAfterDelay: stopDeadlineMs,
    env,
  } as const
  const pipe = openStdoutPipe()
  if (!pipe) {
    const child = execa(...all, options)
    return { child, stdout: child.stdout }
  }
  const child = execa(...all, { ...options, stdout: pipe.writable })
  pipe.writable.destroy()
  return { child, stdout: pipe.readable }
}

/** What a failure's message should name. */
type About = { targetPid?: number; scriptPath?: string | undefined }

export type OnTimedLine = (...line: [...Parameters<OnLine>, nowMs: number]) => void
export type BpftraceEnd = { failure?: BridgeError }

export class BpftraceProcess {
  /** Settles when the process has ended and every line was handed on. Never rejects. */
  readonly ended: Promise<BpftraceEnd>
  private readonly child: ReturnType<typeof start>['child']
  private readonly splitter = new LineSplitter()
  private readonly stderr: string[] = []
  private readonly stdoutText: string[] = []
  private readonly program: string
  private readonly about: About
  private stopping = false

  /** `onLine` gets every line of stdout, as `LineSplitter` hands it on, and when it was read, in monotonic ms. */
  constructor(
    program: Program,
    { args, env }: { args: readonly string[]; env: Environment },
    about: About,
    onLine: OnTimedLine,
  ) {
    this.program = program.program
    this.about = about
    const { child, stdout } = start(program, args, env)
    this.child = child
    const pace = new Pace()
    stdout.on('data', (chunk: Buffer) => {
      const nowMs = performance.now()
      this.splitter.push(chunk, (bytes, start, end) => onLine(bytes, start, end, nowMs))
      const gatherMs = pace.after(chunk.length, nowMs)
      if (gatherMs === 0) return
      stdout.pause()
      setTimeout(() => stdout.resume(), gatherMs)
    })
    let stderrRest = ''
    this.child.stderr.on('data', (chunk: Buffer) => {
      const lines = (stderrRest + chunk.toString('utf8')).split('\n')
      stderrRest = lines.pop() ?? ''
      this.stderr.push(...lines)
      this.stderr.splice(0, this.stderr.length - stderrLinesMax)
    })
    this.ended = this.wait(stdout, onLine, () => stderrRest)
  }

  get overlongLines(): number {
    return this.splitter.overlong
  }

  /** A line that was no record: it may say why bpftrace fails. */
  noteText(text: string): void {
    if (this.stdoutText.length < stderrLinesMax) this.stdoutText.push(text)
  }

  /** Asks bpftrace to end and print what it holds; kills it past the deadline. */
  stop(): Promise<BpftraceEnd> {
    this.stopping = true
    this.child.kill()
    return this.ended
  }

  private async wait(stdout: Readable, onLine: OnTimedLine, stderrRest: () => string): Promise<BpftraceEnd> {
    // It ends when its last writer has, also where that failed to start.
    await finished(stdout)
    const result = await this.child
    this.splitter.end((bytes, start, end) => onLine(bytes, start, end, performance.now()))
    if (stderrRest() !== '') this.stderr.push(stderrRest())
    if (result.exitCode === 0 || this.stopping) return {}
    const run: FailedRun = {
      program: this.program,
      spawnError: result.exitCode === undefined && result.signal === undefined ? result.code : undefined,
      exitCode: result.exitCode,
      signal: result.signal,
      stderr: this.stderr,
      stdoutText: this.stdoutText,
      ...this.about,
    }
    return { failure: classifyFailure(run) }
  }
}
