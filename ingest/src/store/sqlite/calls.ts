// Calls from one thread to another over a message port: one argument, one answer, in order of sending. A StoreFault
// crosses as one; any other failure crosses as an Error with the words and the stack it had.
import type { MessagePort, Transferable, Worker } from 'node:worker_threads'
import { StoreFault } from '../store.ts'
import type { StoreFaultCode } from '../store.ts'

/** What a thread answers to, by name. */
export type Calls = Record<string, (argument: never) => unknown>
export type Port = MessagePort | Worker

type Question = { id: number; name: string; argument: unknown }
type Failure = { message: string; stack: string; code: StoreFaultCode | undefined }
/** `tookMs`: until it was made, from when the thread took it up. */
type Answer = { id: number; tookMs: number } & ({ value: unknown } | { failure: Failure })

/** An answer whose buffers move to the asking thread instead of being copied. */
export class Moved {
  readonly value: unknown
  readonly buffers: readonly Transferable[]
  constructor(value: unknown, buffers: readonly Transferable[]) {
    this.value = value
    this.buffers = buffers
  }
}

/** Filled when the answer is there: how long the other thread worked on it. */
export type Work = { tookMs: number }

export type Caller<C extends Calls> = <Name extends keyof C & string>(
  name: Name,
  argument: Parameters<C[Name]>[0],
  moved?: readonly Transferable[],
  work?: Work,
) => Promise<Exclude<Awaited<ReturnType<C[Name]>>, Moved>>

export function callsTo<C extends Calls>(port: Port): Caller<C> {
  type Asked = { resolve: (value: never) => void; reject: (error: Error) => void; work: Work | undefined }
  const waiting = new Map<number, Asked>()
  let lastId = 0
  port.on('message', (answer: Answer) => {
    // A thread may also tell something by itself.
    if (!('id' in answer)) return
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (asked?.work) asked.work.tookMs = answer.tookMs
    if ('failure' in answer) asked?.reject(errorOf(answer.failure))
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type that the other side's calls have
    else asked?.resolve(answer.value as never)
  })
  return (name, argument, moved = [], work) =>
    new Promise((resolve, reject) => {
      const question: Question = { id: ++lastId, name, argument }
      waiting.set(question.id, { resolve, reject, work })
      port.postMessage(question, moved)
    })
}

/** Answers until the port is closed. */
export function answerCalls(port: MessagePort, calls: Calls): void {
  port.on('message', (question: Question) => void answer(port, calls, question))
}

async function answer(port: MessagePort, calls: Calls, question: Question): Promise<void> {
  const { id, name, argument } = question
  const startMs = performance.now()
  const took = () => ({ id, tookMs: performance.now() - startMs })
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller's type is this one's
    const found = await (calls[name] as (argument: unknown) => unknown)(argument)
    if (found instanceof Moved) port.postMessage({ ...took(), value: found.value }, found.buffers)
    else port.postMessage({ ...took(), value: found }, ownMemoryOf(found))
  } catch (error) {
    port.postMessage({ ...took(), failure: failureOf(error) })
  }
}

/** Bytes that share their memory with nothing move over; all else is copied. */
function ownMemoryOf(value: unknown): ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || Buffer.isBuffer(value)) return []
  const { buffer, byteLength } = value
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}

function failureOf(error: unknown): Failure {
  const known = error instanceof Error ? error : new Error(String(error))
  const code = error instanceof StoreFault ? error.code : undefined
  return { message: known.message, stack: known.stack ?? '', code }
}

function errorOf({ message, stack, code }: Failure): Error {
  const error = code === undefined ? new Error(message) : new StoreFault(code, message)
  error.stack = stack
  return error
}
