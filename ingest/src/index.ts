// Ingest's front door: read a configuration, start the service, stop it; and the shapes its API answers with.
import { pino } from 'pino'
import type { Logger } from 'pino'
import type { AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import { exposureMistake, invalid } from './config.ts'
import type { IngestConfig } from './config.ts'
import { zeroCounters } from './counters.ts'
import { watchRequests } from './drain.ts'
import { StartFault } from './faults.ts'
import { startForward } from './forward/forward.ts'
import { queueBytesMax } from './limits.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { StoreUnusable } from './store/store.ts'
import type { Store } from './store/store.ts'

export { readConfig } from './config.ts'
export type { ForwardConfig, IngestConfig } from './config.ts'
export { exitCodes, StartFault } from './faults.ts'
export * from './store-commands.ts'
export type * from './wire.ts'

export type Ingest = {
  /** Where it listens, as http://host:port */
  url: string
  /** Takes no more requests, ends those under way, writes what is waiting, closes the store. */
  close: () => Promise<void>
}

/** Throws StartFault. Logs go to standard error as JSON lines. */
export async function startIngest(config: IngestConfig): Promise<Ingest> {
  const exposed = exposureMistake(config)
  if (exposed !== undefined) throw invalid([exposed])
  const log = pino({ level: config.logLevel, name: 'probespan-ingest' }, pino.destination(2))
  const counters = zeroCounters()
  const store = openStore(config, log)
  const app = await createApp({ config, store, counters, log })
  const drain = watchRequests(app.server)
  try {
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    await store.close()
    throw cannotListen(config, error)
  }
  const forward =
    config.forward === undefined ? undefined : startForward({ config: config.forward, store, counters, log })
  return {
    url: urlOf(app.server.address()),
    async close() {
      await Promise.all([app.close(), drain.end()])
      await forward?.close()
      await store.close()
      log.info({ counters }, 'stopped')
    },
  }
}

function openStore({ databasePath, retention }: IngestConfig, log: Logger): Store {
  try {
    return openSqliteStore(databasePath, queueBytesMax, {
      retention,
      onUpkeepFailed: (reason) =>
        log.error({ reason }, 'the upkeep of the store stumbled; it is tried again, and nothing is lost'),
    })
  } catch (error) {
    if (error instanceof StoreUnusable) throw new StartFault(error.code, error.message, { cause: error })
    throw error
  }
}

function cannotListen({ host, port }: IngestConfig, error: unknown): StartFault {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const reason =
    code === 'EADDRINUSE'
      ? 'another process listens there, perhaps another probespan'
      : error instanceof Error
        ? error.message
        : String(error)
  return new StartFault(
    'port_unavailable',
    `cannot listen on ${host}:${port}: ${reason}. Stop the other process, or set PROBESPAN_PORT or ` +
      'PROBESPAN_HOST to an address that is free.',
    { cause: error },
  )
}

function urlOf(address: string | AddressInfo | null): string {
  if (address === null || typeof address === 'string') throw new Error('listening, but on no port')
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}
