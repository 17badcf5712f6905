// Environment and flags to the bridge's configuration. A flag wins over its variable. Every mistake is told at once. A
// variable that is set to nothing counts as not set.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { BridgeError } from './errors.ts'

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
  /** Where OTLP goes: the full URL. Headers, timeout and compression are the exporter's own settings. */
  tracesUrl: string
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
}

const packsFolder = fileURLToPath(new URL('../../scripts-bt/', import.meta.url))
const pid = z.string().regex(/^[1-9]\d{0,9}$/, 'a process id, such as 1')
const defaultEndpoint = 'http://127.0.0.1:3051'

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
  const tracesUrl = tracesUrlOf(flags.endpoint, env, mistakes)
  const source = sourceOf(flags, env, mistakes)
  if (mistakes.length > 0 || !source || tracesUrl === undefined) {
    throw new BridgeError('config_invalid', mistakes.join('\n'))
  }
  const serviceName = flags.serviceName ?? (env.SERVICE_NAME || env.OTEL_SERVICE_NAME)
  return {
    source,
    targetPid: Number(targetPid.data),
    tracesUrl,
    bpftrace: env.PROBESPAN_BPFTRACE || 'bpftrace',
    ...(serviceName && { serviceName }),
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

/** By the OTLP exporter specification; a host and port without a scheme is also taken. */
function tracesUrlOf(
  flag: string | undefined,
  env: NodeJS.ProcessEnv,
  mistakes: string[],
): string | undefined {
  const whole = flag === undefined ? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || undefined : undefined
  const base = flag ?? (env.OTEL_EXPORTER_OTLP_ENDPOINT || defaultEndpoint)
  const text = whole ?? base
  const url = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`
  // Without a host, the parser would take the first part of the path for one.
  if (/^https?:\/\/[^/]/i.test(url) && URL.canParse(url)) {
    return whole === undefined ? `${url.replace(/\/+$/, '')}/v1/traces` : url
  }
  mistakes.push(
    `the OTLP endpoint "${whole ?? base}" is no http or https URL: give one such as ${defaultEndpoint}`,
  )
  return undefined
}
