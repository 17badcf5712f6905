// The shop as its users run it: a child process of src/main.ts on a free port, with its log in a folder of its own.
// Out: its address, pid, log lines and ways to end it. Bound: 20 s for each step, then it is killed.
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export const stepTimeoutMs = 20_000
const mainPath = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const digits = z.string().regex(/^\d+$/)

export const logLine = z.strictObject({
  id: z.string().min(1).max(31),
  method: z.string().min(1),
  route: z.string(),
  status: z.int(),
  startUnixNano: digits,
  durationNano: digits,
  traceparent: z.string().length(55).optional(),
})

export type ReadLine = z.infer<typeof logLine>

export type Program = ChildProcessByStdio<null, Readable, Readable>

export function runProgram(path: string, env: Record<string, string>): Program {
  return spawn(process.execPath, [path], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Waits for the end and gives the exit code and all output. */
export async function outcome(
  program: Program,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const text = async (stream: Readable): Promise<string> =>
    (await stream.setEncoding('utf8').toArray()).join('')
  const deadline = setTimeout(() => program.kill('SIGKILL'), stepTimeoutMs)
  const closed = once(program, 'close')
  const [stdout, stderr] = await Promise.all([text(program.stdout), text(program.stderr)])
  await closed
  clearTimeout(deadline)
  return { code: program.exitCode, stdout, stderr }
}

export class ShopProcess {
  readonly url: string
  readonly pid: number
  readonly #program: Program
  readonly #folder: string

  private constructor(url: string, pid: number, program: Program, folder: string) {
    this.url = url
    this.pid = pid
    this.#program = program
    this.#folder = folder
  }

  static async start(): Promise<ShopProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'probespan-shop-'))
    const program = runProgram(mainPath, {
      SHOP_PORT: '0',
      SHOP_HOST: '',
      SHOP_LOG: join(folder, 'shop.log'),
    })
    program.stderr.pipe(process.stderr)
    const signal = AbortSignal.timeout(stepTimeoutMs)
    const [line] = z
      .tuple([z.string()])
      .parse(await once(createInterface(program.stdout), 'line', { signal }))
    const match = /^shop listening on (http:\S+), pid (\d+)$/.exec(line)
    if (match?.[1] === undefined) throw new Error(`unexpected first line of the shop: ${line}`)
    return new ShopProcess(match[1], Number(match[2]), program, folder)
  }

  /** Lines of the log so far; a last one without its line end is not counted. */
  async log(): Promise<ReadLine[]> {
    const text = await readFile(join(this.#folder, 'shop.log'), 'utf8')
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1)
      .map((line) => logLine.parse(JSON.parse(line)))
  }

  /** The exit code; -1 if it had to be killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    const program = this.#program
    const deadline = setTimeout(() => program.kill('SIGKILL'), stepTimeoutMs)
    if (program.exitCode === null && program.kill(signal)) await once(program, 'exit')
    clearTimeout(deadline)
    return program.exitCode ?? -1
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.#folder, { recursive: true })
  }
}
