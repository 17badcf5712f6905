// A program on a pipe that waits for a line before it does what is to be traced, and a pack on it. Out: the spans that
// a real receiver got, once the program has ended and the bridge with it.
import { spawn, type ChildProcess } from 'node:child_process'
import { BridgeProcess, isAlive } from '../bridge-process.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import { Receiver } from '../receiver.ts'
import { until } from '../waiting.ts'

export class WaitingProgram {
  said = ''
  readonly child: ChildProcess
  readonly ended: Promise<number | null>

  constructor(program: string, args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', ...env },
    })
    const take = (chunk: Buffer): void => void (this.said += chunk.toString())
    this.child.stdout?.on('data', take)
    this.child.stderr?.on('data', take)
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Waits until it has said so. */
  says(text: string): Promise<void> {
    return until(
      () => this.said.includes(text),
      () => `${text} in ${this.said}`,
    )
  }

  go(): void {
    this.child.stdin?.end('go\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}

/** Tried with another bpftrace than the machine's own by this variable. */
const bpftrace = process.env.PROBESPAN_BPFTRACE

/**
 * What the pack makes of the process, or without one of its own target, while `work` is done, which ends it or is
 * all that there is to see; it may wait for a span to be delivered.
 */
export async function tracedBy(
  pack: string,
  target: number | undefined,
  work: (delivered: readonly DecodedSpan[]) => Promise<unknown>,
): Promise<{ spans: DecodedSpan[]; said: string }> {
  await using receiver = await Receiver.start()
  await using bridge = new BridgeProcess({
    ...(target !== undefined && { TARGET_PID: String(target) }),
    PROBESPAN_PACK: pack,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    ...(bpftrace !== undefined && { PROBESPAN_BPFTRACE: bpftrace }),
  })
  await bridge.says('attached to')
  await work(receiver.spans)
  // A target that has ended ends the bridge, once bpftrace has printed all that it holds.
  const code = await (target === undefined || isAlive(target) ? bridge.stop() : bridge.exitCode)
  if (code !== 0) throw new Error(`the bridge ended with ${code}:\n${bridge.said}`)
  return { spans: receiver.spans.toSorted((a, b) => Number(a.startNs - b.startNs)), said: bridge.said }
}

/** The spans that lie directly in `parent`. */
export function childrenOf(parent: DecodedSpan | undefined, spans: readonly DecodedSpan[]): DecodedSpan[] {
  return spans.filter((span) => parent !== undefined && span.parentSpanId === parent.spanId)
}
