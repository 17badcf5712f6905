// Ingest's front door: read a configuration, start the service, stop it; and the shapes its API answers with.
import { pino } from 'pino'
import type { Logger } from 'pino'
import { fullGrant } from './access/key.ts'
import { createKeyRing } from './access/key-ring.ts'
import type { KeyRing } from './access/key-ring.ts'
import { createRateLimits } from './access/rate-limits.ts'
import { watchKeys } from './access/watched-keys.ts'
import { createApp, createOtlpApp } from './app.ts'
import { invalid } from './config.ts'
import type { IngestConfig } from './config.ts'
import { exposureMistake } from './config/references.ts'
import { zeroCounters } from './counters.ts'
import { StartFault } from './faults.ts'
import type { RequestFaultCode } from './faults.ts'
import { createForward } from './forward/forward.ts'
import { createHealth } from './health.ts'
import { queueBytesMax, requestTimeoutMs } from './limits.ts'
import { openListeners } from './listen/listeners.ts'
import type { Listeners } from './listen/listeners.ts'
import { createAdmission } from './receive/admission.ts'
import { createGrpcListener } from './receive/grpc-listener.ts'
import { createJsonConverter } from './receive/json-converter.ts'
import { createReceiver } from './receive/receiver.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { StoreUnusable } from './store/store.ts'
import type { Store } from './store/store.ts'
import { createEndpoints } from './tag/endpoint.ts'
import { watchTls } from './listen/tls.ts'
import type { Tls } from './listen/tls.ts'

export { helpText, printConfig, readConfig } from './config.ts'
export type { IngestConfig } from './config.ts'
export { exitCodes, StartFault } from './faults.ts'
export * from './store-commands.ts'
export type * from './wire.ts'

export type Ingest = Omit<Listeners, 'close'> & {
  /** Takes no more requests, ends those under way, writes what is waiting, closes the store. */
  close: () => Promise<void>
}

/** Throws StartFault. Logs go to standard error as JSON lines. */
export async function startIngest(config: IngestConfig): Promise<Ingest> {
  const exposed = exposureMistake({ host: config.host, keyed: config.keys.length > 0 })
  if (exposed !== undefined) throw invalid([exposed])
  const log = pino({ level: config.logLevel, name: 'probespan-ingest' }, pino.destination(2))
  const keys = createKeyRing(config.keys, fullGrant('everyone', config.rate))
  const keyWatch = config.keysFile && watchKeys(keys, config.keysFile, log)
  const tls = config.tls && watchTls(config.tls.files, config.tls.options, log)
  const closeWatches = (): void => {
    keyWatch?.close()
    tls?.close()
  }
  try {
    return await startService({ config, keys, tls, log, closeWatches })
  } catch (error) {
    closeWatches()
    throw error
  }
}

type ServiceParts = {
  config: IngestConfig
  keys: KeyRing
  tls: Tls | undefined
  log: Logger
  closeWatches: () => void
}

async function startService({ config, keys, tls, log, closeWatches }: ServiceParts): Promise<Ingest> {
  const counters = zeroCounters()
  const refusals = new Map<RequestFaultCode, number>()
  const endpoints = createEndpoints()
  const health = createHealth()
  const admission = createAdmission({
    bytesMax: config.intakeBytesMax,
    requestBytesMax: config.requestBytesMax,
    requestTimeoutMs,
  })
  const store = openStore(config, log)
  const json = createJsonConverter()
  const receiver = createReceiver({
    store,
    counters,
    keys,
    rates: createRateLimits(),
    admission,
    json,
    enabled: config.ingestionEnabled,
    sourceRules: config.sourceRules,
    endpoints,
    health,
    refusals,
    log,
  })
  const forward = createForward({ destinations: config.destinations, store, counters, log })
  const app = await createApp({
    config,
    store,
    forward,
    metered: { counters, refusals, endpoints, admission },
    keys,
    health,
    receiver,
    tls,
    log,
  })
  const otlpApp = await createOtlpApp({ config, health, receiver, tls, log })
  const grpc = createGrpcListener({ receiver, health, tls, log })
  let listeners: Listeners
  try {
    await forward.openCursors()
    listeners = await openListeners({ app, otlpApp, grpc, config, log })
  } catch (error) {
    await forward.close()
    await store.close()
    throw error
  }
  // Not before the ports are ours: another ingest may forward from this database.
  forward.start()
  const { close: closeListeners, ...urls } = listeners
  log.info({ ...urls, database: config.databasePath, keys: config.keys.map(({ name }) => name) }, 'listening')
  return {
    ...urls,
    async close() {
      closeWatches()
      await closeListeners()
      await json.close()
      await forward.close()
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
