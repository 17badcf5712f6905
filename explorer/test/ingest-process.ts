// Starts the real ingest service on a free port with an empty store in a folder of its own, serving the built page.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const startTimeoutMs = 20_000
const repository = new URL('../../', import.meta.url).pathname

export type Ingest = {
  /** `http://127.0.0.1:PORT` */
  origin: string
  apiKey: string | undefined
  stop: () => Promise<void>
}

export async function startIngest(pageFolder: string, apiKey?: string): Promise<Ingest> {
  const folder = await mkdtemp(join(tmpdir(), 'probespan-store-'))
  const child = spawn(process.execPath, [join(repository, 'ingest/src/main.ts')], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      PROBESPAN_PORT: '0',
      PROBESPAN_OTLP_HTTP_PORT: 'off',
      PROBESPAN_OTLP_GRPC_PORT: 'off',
      PROBESPAN_DB: join(folder, 'probespan.db'),
      PROBESPAN_EXPLORER_DIR: pageFolder,
      PROBESPAN_OWN_TRACES: 'false',
      ...(apiKey === undefined ? {} : { TRACES_INGESTION_API_KEY: apiKey }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  try {
    return { origin: await announcedOrigin(child), apiKey, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** From the line with which ingest says that it listens. */
function announcedOrigin(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (what: string) => reject(new Error(`ingest ${what}. It said:\n${output}`))
    const timer = setTimeout(() => fail(`did not listen within ${startTimeoutMs} ms`), startTimeoutMs)
    child.once('exit', (code) => fail(`ended with ${code}`))
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        const origin = /listens on (http:\/\/\S+?)\/?\s/.exec(output)?.[1]
        if (origin === undefined) return
        clearTimeout(timer)
        resolve(origin)
      })
    }
  })
}
