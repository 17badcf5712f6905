// A throw-away PostgreSQL server: a cluster in a temporary folder, reached by a Unix socket there, logging every
// statement with its duration. Out: sessions of psql, and what the server's own log says of a session's statements.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { until } from '../waiting.ts'

const settings = `
listen_addresses = ''
logging_collector = on
log_destination = 'jsonlog'
log_directory = 'log'
log_filename = 'server.log'
log_min_duration_statement = 0
log_timezone = 'UTC'
fsync = off
autovacuum = off
`
const logLine = z.looseObject({
  pid: z.number(),
  error_severity: z.string(),
  message: z.string(),
  statement: z.string().optional(),
})
const durationForm = /^duration: (\d+\.\d+) ms {2}statement: ([\s\S]*)$/

/** One line of the server's log; `durationMs` of a statement that did not fail. */
export type LoggedStatement = { text: string; durationMs: number | undefined }

export class PostgresCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'probespan-postgres-'))
  private readonly bin: string
  private readonly uid = idOf('-u')
  private readonly gid = idOf('-g')
  private server: ChildProcess | undefined

  private constructor(program: string) {
    this.bin = dirname(program)
  }

  /** `program` is the postgres of one version. Needs root, and the user postgres of Debian's package. */
  static async start(program: string): Promise<PostgresCluster> {
    const cluster = new PostgresCluster(program)
    const { folder, uid, gid } = cluster
    chownSync(folder, uid, gid)
    const data = join(folder, 'data')
    const init = ['-D', data, '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
    execFileSync(join(cluster.bin, 'initdb'), init, { uid, gid, cwd: folder, stdio: 'pipe' })
    appendFileSync(join(data, 'postgresql.conf'), `${settings}unix_socket_directories = '${folder}'\n`)
    cluster.server = spawn(program, ['-D', data], { uid, gid, cwd: folder, stdio: 'ignore' })
    await until(() => cluster.answers())
    return cluster
  }

  /** The answers of a session of its own, a line a row. */
  ask(sql: string): string {
    return execFileSync(...this.psql('-c', sql), { ...this.user, encoding: 'utf8', stdio: 'pipe' }).trim()
  }

  async session(): Promise<PostgresSession> {
    const [program, args] = this.psql()
    const session = new PostgresSession(spawn(program, args, { ...this.user, stdio: 'pipe' }))
    session.send('select pg_backend_pid();\n')
    await until(() => session.said.includes('\n'))
    return session
  }

  /** What the log says of the statements of one backend, in their order. */
  log(backend: number): LoggedStatement[] {
    const folder = join(this.folder, 'data/log')
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
    const lines = files.flatMap((name) =>
      readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean),
    )
    return lines.flatMap((line): LoggedStatement[] => {
      const { pid, error_severity: severity, message, statement } = logLine.parse(JSON.parse(line))
      if (pid !== backend) return []
      if (severity === 'ERROR') return [{ text: statement ?? '', durationMs: undefined }]
      const [, duration, text] = durationForm.exec(message) ?? []
      return text === undefined ? [] : [{ text, durationMs: Number(duration) }]
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server } = this
    if (server) {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      // Ends the sessions that are left, too.
      server.kill('SIGINT')
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  private get user() {
    return { uid: this.uid, gid: this.gid, cwd: this.folder } as const
  }

  private psql(...more: string[]): [string, string[]] {
    const quiet = ['-h', this.folder, '-U', 'postgres', '-d', 'postgres', '-X', '-A', '-t', '-q']
    return [join(this.bin, 'psql'), [...quiet, ...more]]
  }

  private answers(): boolean {
    if (this.server?.exitCode !== null) throw new Error(`the server ended with ${this.server?.exitCode}`)
    if (!existsSync(join(this.folder, '.s.PGSQL.5432'))) return false
    try {
      return this.ask('select 1') === '1'
    } catch {
      return false
    }
  }
}

export class PostgresSession {
  said = ''
  private readonly child: ChildProcess
  private readonly ended: Promise<unknown>

  constructor(child: ChildProcess) {
    this.child = child
    this.child.stdout?.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
    this.child.stderr?.resume()
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
  }

  /** Of the server's process for this session. */
  get backend(): number {
    return Number(this.said.split('\n')[0])
  }

  send(sql: string): void {
    this.child.stdin?.write(sql)
  }

  /** Lets it do what it was sent, and ends it. */
  async end(): Promise<void> {
    this.child.stdin?.end()
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}

const idOf = (flag: '-u' | '-g'): number =>
  Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
