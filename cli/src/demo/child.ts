// A process of ours as the demo runs it: started, waited for until it says a certain line, stopped with a deadline.
// Its remarks go on to the terminal with its name before them. It is in a process group of its own, so that a Ctrl-C
// reaches the demo alone, which then stops its processes in order. At the latest they end with the demo, also when it
// is killed: the kernel sends them SIGTERM then, where util-linux is there to ask it for that.
import { existsSync } from 'node:fs'
import { execa } from 'execa'
import { createInterface } from 'node:readline'

const stopDeadlineMs = 8000
const lastWordsMax = 20

const setpriv = '/usr/bin/setpriv'
const endWithParent = existsSync(setpriv) ? ['--pdeathsig', 'TERM', process.execPath] : []

const start = (script: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
  execa(endWithParent.length > 0 ? setpriv : process.execPath, [...endWithParent, script, ...args], {
    buffer: false,
    reject: false,
    stdin: 'ignore',
    detached: true,
    forceKillAfterDelay: stopDeadlineMs,
    env,
  })

export type Exit = { code: number; lastWords: string }

export class Child {
  /** Settles when the process has ended. Never rejects. */
  readonly exit: Promise<Exit>
  private readonly process: ReturnType<typeof start>
  private readonly words: string[] = []
  private readonly listeners = new Set<(line: string) => void>()

  constructor(name: string, script: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.process = start(script, args, env)
    for (const stream of [this.process.stdout, this.process.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.words.push(line)
        this.words.splice(0, this.words.length - lastWordsMax)
        for (const listener of this.listeners) listener(line)
        process.stderr.write(`[${name}] ${line}\n`)
      })
    }
    const killNow = (): void => void this.process.kill('SIGKILL')
    process.once('exit', killNow)
    this.exit = this.wait().finally(() => process.removeListener('exit', killNow))
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  /** The first line that fits `pattern`; or, where the process ends before, its exit. */
  async said(pattern: RegExp): Promise<RegExpExecArray | Exit> {
    const line = new Promise<RegExpExecArray>((resolve) => {
      const listener = (text: string): void => {
        const match = pattern.exec(text)
        if (!match) return
        this.listeners.delete(listener)
        resolve(match)
      }
      this.listeners.add(listener)
    })
    return Promise.race([line, this.exit])
  }

  stop(): Promise<Exit> {
    this.process.kill()
    return this.exit
  }

  private async wait(): Promise<Exit> {
    const result = await this.process
    return { code: result.exitCode ?? 1, lastWords: this.words.join('\n') }
  }
}

export function isExit(value: RegExpExecArray | Exit): value is Exit {
  return !Array.isArray(value)
}
