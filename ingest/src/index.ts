// Ingest's front door: read a configuration, start the service, stop it; and the shapes its API answers with.
import { pino } from 'pino'
import type { Logger } from 'pino'
import { fullGrant } from './access/key.ts'
import { createKeyRing } from './access/key-ring.ts'
import type { KeyRing } from './access/key-ring.ts'
import { createRateLimits } from './access/rate-limits.ts'
import { watchKeys } from './access/watched-keys.ts'
import { createApp, createOtlpApp } from './app.ts'
import { chargeRead } from './asked/request-record.ts'
import { watchedStore } from './asked/watched-store.ts'
import { openAudit } from './audit/audit.ts'
import type { Audit } from './audit/audit.ts'
import { invalid } from './config.ts'
import type { IngestConfig } from './config.ts'
import { exposureMistake } from './config/references.ts'
import { zeroCounters } from './counters.ts'
import type { Counters } from './counters.ts'
import { StartFault } from './faults.ts'
import type { RequestFaultCode } from './faults.ts'
import { createForward } from './forward/forward.ts'
import { createHealth } from './health.ts'
import type { Health } from './health.ts'
import { queueBytesMax, requestTimeoutMs } from './limits.ts'
import { createJaegerService } from './jaeger/grpc-calls.ts'
import { openListeners } from './listen/listeners.ts'
import type { Listeners } from './listen/listeners.ts'
import type { Metered } from './metrics.ts'
import { createOwnTraces } from './own-traces/own-traces.ts'
import type { OwnTraces } from './own-traces/own-traces.ts'
import { createQuestionQueue } from './query/question-queue.ts'
import { createAdmission } from './receive/admission.ts'
import { createGrpcListener } from './receive/grpc-listener.ts'
import { createJsonConverter } from './receive/json-converter.ts'
import type { JsonConverter } from './receive/json-converter.ts'
import { createReceiver } from './receive/receiver.ts'
import { createPush } from './spanmetrics/push.ts'
import type { Receiver } from './receive/receiver.ts'
import type { JobRun } from './store/job.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { StoreUnusable } from './store/store.ts'
import type { Store } from './store/store.ts'
import { Tails } from './tail/tails.ts'
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
  /** Files that it adds lines to were moved away: it goes on in new ones. Undefined: there are none. */
  reopenFiles: (() => void) | undefined
}

/** Throws StartFault. Logs go to standard error as JSON lines. */
export async function startIngest(config: IngestConfig): Promise<Ingest> {
  const exposed = exposureMistake({ host: config.host, keyed: config.keys.length > 0 })
  if (exposed !== undefined) throw invalid([exposed])
  const log = pino({ level: config.logLevel, name: 'probespan-ingest' }, pino.destination(2))
  const keys = createKeyRing(config.keys, fullGrant('everyone', config.rate))
  const counters = zeroCounters()
  const audit = config.audit && (await openAudit({ config: config.audit, keys, counters, log }))
  const keyWatch = config.keysFile && watchKeys(keys, config.keysFile, log)
  const tls = config.tls && watchTls(config.tls.files, config.tls.options, log)
  const closeAround = async (): Promise<void> => {
    keyWatch?.close()
    tls?.close()
    await audit?.close()
  }
  try {
    const { close, ...service } = await startService({ config, keys, tls, audit, counters, log })
    return {
      ...service,
      async close() {
        await close()
        await closeAround()
        log.info({ counters }, 'stopped')
      },
    }
  } catch (error) {
    await closeAround()
    throw error
  }
}

type ServiceParts = {
  config: IngestConfig
  keys: KeyRing
  tls: Tls | undefined
  audit: Audit | undefined
  counters: Counters
  log: Logger
}

async function startService({ config, keys, tls, audit, counters, log }: ServiceParts): Promise<Ingest> {
  let ownTraces: OwnTraces | undefined
  const onRun = (run: JobRun): void => ownTraces?.addJob(run)
  const store = openStore(config, onRun, log)
  const { receiver, health, json, ...metered } = createIntake({ config, store, keys, counters, log })
  const push = config.metricsPush && createPush({ ...config.metricsPush, store, log })
  const forward = createForward({ destinations: config.destinations, store, counters, log, onRun })
  const { ownSpansPerS: spansPerS } = config
  ownTraces =
    spansPerS === undefined
      ? undefined
      : createOwnTraces({ spansPerS, store, keys, counters, choices: forward.choices })
  const queue = createQuestionQueue(config.questionLimits)
  const tails = new Tails({ store, onFailed: (error) => log.error({ err: error }, 'live tails stumbled') })
  const observers = [audit?.observer, ownTraces?.observer].filter((observer) => observer !== undefined)
  const watched = watchedStore(store)
  const app = await createApp({
    config,
    store: watched,
    tails,
    queue,
    forward,
    metered: { ...metered, counters, audit, tails },
    keys,
    health,
    receiver,
    observers,
    tls,
    log,
  })
  const otlpApp = await createOtlpApp({ config, health, receiver, tls, log })
  const services = [createJaegerService({ store: watched, queue, keys, receiver, observers, log })]
  const grpc = createGrpcListener({ receiver, services, health, tls, log })
  const closeBehind = async (): Promise<void> => {
    await json.close()
    await forward.close()
    await push?.close()
    await ownTraces?.close()
    await store.close()
  }
  let listeners: Listeners
  try {
    await forward.openCursors()
    listeners = await openListeners({ app, otlpApp, grpc, config, log })
  } catch (error) {
    await closeBehind()
    throw error
  }
  // Not before the ports are ours: another ingest may forward from this database.
  forward.start()
  push?.start()
  const { close: closeListeners, ...urls } = listeners
  log.info({ ...urls, database: config.databasePath, keys: config.keys.map(({ name }) => name) }, 'listening')
  return {
    ...urls,
    reopenFiles: audit?.reopen,
    async close() {
      await closeListeners()
      await closeBehind()
    },
  }
}

type Intake = Pick<Metered, 'refusals' | 'endpoints' | 'admission'> & {
  receiver: Receiver
  health: Health
  json: JsonConverter
}

function createIntake({
  config,
  store,
  ...parts
}: Pick<ServiceParts, 'config' | 'keys' | 'counters' | 'log'> & { store: Store }): Intake {
  const { intakeBytesMax: bytesMax, requestBytesMax, ingestionEnabled: enabled, sourceRules } = config
  const refusals = new Map<RequestFaultCode, number>()
  const endpoints = createEndpoints()
  const health = createHealth()
  const admission = createAdmission({ bytesMax, requestBytesMax, requestTimeoutMs })
  const rates = createRateLimits()
  const json = createJsonConverter()
  const receiver = createReceiver({
    ...parts,
    store,
    rates,
    admission,
    json,
    enabled,
    sourceRules,
    endpoints,
    health,
    refusals,
  })
  return { receiver, health, json, refusals, endpoints, admission }
}

function openStore(
  { databasePath, retention, spanMetrics }: IngestConfig,
  onRun: (run: JobRun) => void,
  log: Logger,
): Store {
  try {
    return openSqliteStore(databasePath, queueBytesMax, {
      retention,
      onUpkeepFailed(reason) {
        log.error({ reason }, 'the upkeep of the store stumbled; it is tried again, and nothing is lost')
        onRun({ name: 'upkeep', startUnixMs: Date.now(), durationMs: 0, counts: {}, failure: reason })
      },
      onUpkeepDone: onRun,
      onRead: chargeRead,
      spanMetrics: spanMetrics ?? 'off',
      onCountingFailed: (reason) =>
        log.error(
          { reason },
          'counting spans stumbled; it goes on from where it was saved, and nothing is lost',
        ),
    })
  } catch (error) {
    if (error instanceof StoreUnusable) throw new StartFault(error.code, error.message, { cause: error })
    throw error
  }
}
