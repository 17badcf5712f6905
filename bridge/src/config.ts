// Environment and flags to the bridge's configuration. A flag wins over its variable. Every mistake is told at once. A
// variable that is set to nothing counts as not set.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import {
  readEndpoint,
  readProtocol,
  readSpool,
  readSpoolBytesMax,
  type Protocol,
  type SpoolSetting,
} from './deliver/settings.ts'
import { BridgeError } from './errors.ts'
import { readListenAddress, type ListenAddress } from './health/listen-address.ts'

export type BridgeSource =
  /** Spans by a definition file. */
  | { kind: 'pack'; path: string }
  /** A script of the user's that prints events (event/printf.ts has the contract). */
  | { kind: 'script'; path: string }

export type BridgeConfig = {
  source: BridgeSource
  /** 1 is the main process of a pid namespace that the bridge shares. */
  targetPid: number
  /** Overrides the definition's and the executable's name. */
  serviceName?: string
  protocol: Protocol
  /** Where OTLP goes: the full URL. Headers, timeout and compression are the transport's own settings. */
  tracesUrl: string
  /** Where batches wait while the receiver is away. */
  spool: SpoolSetting
  spoolBytesMax: number
  /** Where health and metrics are served, if anywhere. */
  listen?: ListenAddress
  /** The bpftrace program. */
  bpftrace: string
  /** Writes the stream, with a head, to this file. */
  recordPath?: string
  /** Plays this recording instead of running bpftrace. */
  replayPath?: string
}

/** The same settings by flag. */
export type BridgeFlags = {
  pack?: string
  script?: string
  pid?: string
  endpoint?: string
  serviceName?: string
  record?: string
  replay?: string
  spool?: string
  listen?: string
}

const packsFolder = fileURLToPath(new URL('../../scripts-bt/', import.meta.url))
const pid = z.string().regex(/^[1-9]\d{0,9}$/, 'a process id, such as 1')

export function readConfig(env: NodeJS.ProcessEnv, flags: BridgeFlags = {}): BridgeConfig {
  const mistakes: string[] = []
  const pidText = flags.pid ?? (env.TARGET_PID || '1')
  const targetPid = pid.safeParse(pidText)
  if (!targetPid.success) {
    mistakes.push(`--pid or TARGET_PID is "${pidText}": give ${targetPid.error.issues[0]?.message}`)
  }
  if (flags.record !== undefined && flags.replay !== undefined) {
    mistakes.push('--record and --replay are both given: choose one')
  }
  const delivery = deliveryOf(flags, env, mistakes)
  const listen = readListenAddress(flags.listen ?? (env.PROBESPAN_BRIDGE_LISTEN || undefined), mistakes)
  const source = sourceOf(flags, env, mistakes)
  if (mistakes.length > 0 || !source || !delivery) {
    throw new BridgeError('config_invalid', mistakes.join('\n'))
  }
  const serviceName = flags.serviceName ?? (env.SERVICE_NAME || env.OTEL_SERVICE_NAME)
  return {
    source,
    targetPid: Number(targetPid.data),
    ...delivery,
    bpftrace: env.PROBESPAN_BPFTRACE || 'bpftrace',
    ...(serviceName && { serviceName }),
    ...(listen && { listen }),
    ...(flags.record !== undefined && { recordPath: flags.record }),
    ...(flags.replay !== undefined && { replayPath: flags.replay }),
  }
}

function sourceOf(flags: BridgeFlags, env: NodeJS.ProcessEnv, mistakes: string[]): BridgeSource | undefined {
  const flagged = flags.pack !== undefined || flags.script !== undefined
  const pack = flagged ? flags.pack : env.PROBESPAN_PACK || undefined
  const script = flagged ? flags.script : env.BPFTRACE_SCRIPT || undefined
  if (pack !== undefined && script !== undefined) {
    mistakes.push(
      'both a pack and a script are given: choose --pack (PROBESPAN_PACK) or --script (BPFTRACE_SCRIPT)',
    )
    return undefined
  }
  if (pack !== undefined) return { kind: 'pack', path: packPath(pack) }
  if (script === undefined) {
    mistakes.push('nothing to trace: give --pack NAME (PROBESPAN_PACK) or --script FILE (BPFTRACE_SCRIPT)')
    return undefined
  }
  if (!existsSync(script))
    mistakes.push(`the script ${script} does not exist: correct --script or BPFTRACE_SCRIPT`)
  return { kind: 'script', path: script }
}

/** A name is a pack of the project's, anything with a slash or an extension a file. */
function packPath(pack: string): string {
  return /[/.]/.test(pack) ? pack : `${packsFolder}${pack}.yaml`
}

function deliveryOf(
  flags: BridgeFlags,
  env: NodeJS.ProcessEnv,
  mistakes: string[],
): Pick<BridgeConfig, 'protocol' | 'tracesUrl' | 'spool' | 'spoolBytesMax'> | undefined {
  const protocol = readProtocol(
    env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || undefined,
    mistakes,
  )
  const whole = flags.endpoint === undefined ? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || undefined : undefined
  const base = flags.endpoint ?? (env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined)
  const tracesUrl = readEndpoint(protocol, whole, base, mistakes)
  const spoolBytesMax = readSpoolBytesMax(env.PROBESPAN_SPOOL_BYTES_MAX || undefined, mistakes)
  const spool = readSpool(flags.spool ?? (env.PROBESPAN_SPOOL || undefined))
  return tracesUrl === undefined ? undefined : { protocol, tracesUrl, spool, spoolBytesMax }
}
