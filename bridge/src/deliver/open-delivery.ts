// The delivery for a configuration: transport and spool opened, and what happens to them told.
import { accessSync, constants } from 'node:fs'
import { diag, DiagLogLevel } from '@opentelemetry/api'
import type { BridgeConfig } from '../config.ts'
import { BridgeError } from '../errors.ts'
import { Delivery } from './delivery.ts'
import { openHttpTransport } from './http-transport.ts'
import { OutcomeWords } from './outcome-words.ts'
import { defaultSpoolFolder, stateFolder } from './settings.ts'
import { Spool } from './spool/spool.ts'
import { oneLine, type Transport } from './transport.ts'

export type DeliveryLog = { info(text: string): void; warn(text: string): void }

/** The endpoint was read by `readEndpoint`, which takes a host and port where the SDK's own code wants a URL. */
const endpointRemark = /^Configuration: .*\bURL\b/
/** Said when it matters: at the first span that cannot be delivered. */
const inMemory = 'in memory; --spool or PROBESPAN_SPOOL names a folder, where they outlive the bridge'
const spoolErrorQuietMs = 30_000

/** Throws BridgeError `config_invalid` or `spool_unavailable`. */
export async function openDelivery(config: BridgeConfig, log: DeliveryLog): Promise<Delivery> {
  const transport = await openTransport(config, (text) => log.warn(text))
  const spool = openSpool(config, log)
  const words = new OutcomeWords(config.tracesUrl, spool ? `on disk, in ${spool.folder}` : inMemory)
  let spoolErrorToldMs = Number.NEGATIVE_INFINITY
  return new Delivery(
    transport,
    {
      onOutcome(outcome, spanCount) {
        const said = words.of(outcome, spanCount, performance.now())
        if (said) log[said.level](said.text)
      },
      onSpoolError(reason) {
        if (performance.now() - spoolErrorToldMs < spoolErrorQuietMs) return
        spoolErrorToldMs = performance.now()
        log.warn(`cannot write the spool ${spool?.folder} (${reason}): spans wait in memory meanwhile`)
      },
    },
    spool ? { spool } : {},
  )
}

/**
 * `onRemark` gets what the SDK's code finds wrong with a variable, such as a certificate that cannot be read. Throws
 * BridgeError `config_invalid`.
 */
export async function openTransport(
  { protocol, tracesUrl }: Pick<BridgeConfig, 'protocol' | 'tracesUrl'>,
  onRemark: (text: string) => void,
): Promise<Transport> {
  const warn = (message: string): void => {
    if (!endpointRemark.test(message)) onRemark(oneLine(message))
  }
  const silent = (): void => undefined
  const logger = { error: warn, warn, info: silent, debug: silent, verbose: silent }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  if (protocol === 'http/protobuf') return openHttpTransport(tracesUrl)
  // grpc-js takes a tenth of a second to load.
  const { openGrpcTransport } = await import('./grpc-transport.ts')
  return openGrpcTransport(tracesUrl)
}

function openSpool(config: BridgeConfig, log: DeliveryLog): Spool | undefined {
  const { spool: setting, spoolBytesMax, replayPath } = config
  const spool =
    setting.kind === 'folder'
      ? Spool.open(setting.path, spoolBytesMax)
      : // A recording can be played again.
        setting.kind === 'default' && replayPath === undefined
        ? openDefaultSpool(spoolBytesMax, log)
        : undefined
  if (spool && spool.spans > 0) {
    log.info(`the spool ${spool.folder} holds ${spool.spans} spans of an earlier run: they are sent first`)
  }
  if (spool && spool.counts.tornRecords > 0) {
    log.warn(`the spool ${spool.folder} held ${spool.counts.tornRecords} batches that are not whole: dropped`)
  }
  return spool
}

/** Nobody asked for it, so that it cannot be used is a remark, not an error. */
function openDefaultSpool(bytesMax: number, log: DeliveryLog): Spool | undefined {
  const off = (why: string): undefined => {
    log.info(`undelivered spans wait in memory only: ${why}. --spool or PROBESPAN_SPOOL names another folder`)
    return undefined
  }
  try {
    accessSync(stateFolder, constants.W_OK)
  } catch {
    return undefined
  }
  try {
    return Spool.open(defaultSpoolFolder, bytesMax)
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    return off(error.message)
  }
}
