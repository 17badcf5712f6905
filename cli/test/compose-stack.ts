// compose/compose.yaml as its users run it: a project with a name and a published port of its own, by the `docker` of
// the environment. Answers of its commands are their stdout; a failure rejects with what was said.
import { execa, ExecaError } from 'execa'
import { randomBytes } from 'node:crypto'
import { freePort } from '../src/demo/port.ts'
import { project } from './stack.ts'

const buildTimeoutMs = 840_000
const commandTimeoutMs = 120_000
const logLinesMax = 30

/** Why there is no stack to test here; undefined where an engine and its compose plugin answer. */
export async function engineMissing(): Promise<string | undefined> {
  try {
    await execa('docker', ['version'], { timeout: 30_000 })
    await execa('docker', ['compose', 'version'], { timeout: 30_000 })
    return undefined
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error
    return `SKIPPED, NOTHING TESTED: no Docker engine with the compose plugin answers here.\n${error.message}`
  }
}

export class ComposeStack {
  readonly name = `probespan-test-${randomBytes(4).toString('hex')}`
  readonly url: string
  private readonly env: Readonly<Record<string, string>>

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`
    // An empty key is the file's default, whatever this shell has set.
    this.env = { PROBESPAN_PUBLISH_PORT: port.toString(), TRACES_INGESTION_API_KEY: '' }
  }

  static async create(): Promise<ComposeStack> {
    return new ComposeStack(await freePort(0))
  }

  async build(): Promise<void> {
    await this.compose(['build'], buildTimeoutMs)
  }

  async compose(args: readonly string[], timeoutMs = commandTimeoutMs): Promise<string> {
    const all = ['compose', '-f', 'compose/compose.yaml', '-p', this.name, ...args]
    return (await execa('docker', all, { cwd: project, env: this.env, timeout: timeoutMs })).stdout
  }

  /** One field of a service's container, as a Go template such as `.State.ExitCode`. */
  async inspect(service: string, field: string): Promise<string> {
    const id = await this.compose(['ps', '--all', '--quiet', service])
    return (await execa('docker', ['inspect', '--format', `{{${field}}}`, id])).stdout
  }

  async log(service: string): Promise<string> {
    return this.compose(['logs', '--no-log-prefix', '--no-color', service])
  }

  /** The end of every service's log, for the message of a failure. */
  async lastWords(): Promise<string> {
    return this.compose(['logs', '--no-color', '--tail', logLinesMax.toString()])
  }

  /** Removes containers, network and volume; rejects where a container is left. */
  async down(): Promise<void> {
    await this.compose(['--profile', 'beyla', 'down', '--volumes', '--remove-orphans', '--timeout', '5'])
    const label = `label=com.docker.compose.project=${this.name}`
    const { stdout } = await execa('docker', ['ps', '--all', '--quiet', '--filter', label])
    if (stdout !== '') throw new Error(`containers are left behind:\n${stdout}`)
  }
}
