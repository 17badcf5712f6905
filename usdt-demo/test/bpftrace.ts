// Real bpftrace on a running process: starts a script, waits until every probe is attached, gives its tuples.
// Out: each `print((…))` as an array. Bounds: 60 s to attach; at the end SIGINT, and SIGKILL 10 s later.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { z } from 'zod'

const attachTimeoutMs = 60_000
const killTimeoutMs = 10_000
const readyMark = 'ready'

const lineForm = z.looseObject({ type: z.string(), data: z.unknown() })
const tupleForm = z.array(z.string())

/** Integers in decimal digits, as bpftrace wrote them: many are beyond what a double holds. */
export type Tuple = z.infer<typeof tupleForm>

export class CannotAttach extends Error {
  override readonly name = 'CannotAttach'
}

export interface Tracer {
  tuples: readonly Tuple[]
  /** Lines that are no tuples, such as events that bpftrace says it lost. */
  others: readonly string[]
  /** Stops bpftrace when all that it still holds has been read. */
  stop(): Promise<void>
}

/** Throws CannotAttach with bpftrace's own words if it ends before its probes are attached. */
export async function trace(pid: number, script: string): Promise<Tracer> {
  // BEGIN's print is drained to stdout only after all probes are attached.
  const program = `BEGIN { print(("probespan", "${readyMark}")); } ${script}`
  const bpftrace = spawn('bpftrace', ['-f', 'json', '-p', String(pid), '-e', program])
  const ended = once(bpftrace, 'close')
  let complaints = ''
  bpftrace.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const tuples: Tuple[] = []
  const others: string[] = []
  const ready = Promise.withResolvers<void>()
  createInterface(bpftrace.stdout).on('line', (text) => {
    // Two blank lines come before maps at the end, and what went wrong may come as plain text.
    if (text === '') return
    if (!text.startsWith('{')) return void (complaints += text)
    const { type, data } = lineForm.parse(JSON.parse(text, keepDigits))
    if (type === 'attached_probes') return
    if (type !== 'value') return void others.push(text)
    const values = tupleForm.parse(data)
    if (values[0] === 'probespan') return ready.resolve()
    tuples.push(values)
  })
  const deadline = setTimeout(() => bpftrace.kill('SIGKILL'), attachTimeoutMs)
  ended.then(
    () => ready.reject(new CannotAttach(`bpftrace cannot attach: ${complaints.trim()}`)),
    (error: Error) => ready.reject(new CannotAttach(`bpftrace cannot be run: ${error.message}`)),
  )
  await ready.promise
  clearTimeout(deadline)
  return {
    tuples,
    others,
    async stop() {
      const kill = setTimeout(() => bpftrace.kill('SIGKILL'), killTimeoutMs)
      bpftrace.kill('SIGINT')
      await ended
      clearTimeout(kill)
    },
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? context?.source : value
}
