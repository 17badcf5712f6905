// Environment and flags to the bridge's configuration. A flag wins over its variable. Every mistake is told at once. A
// variable that is set to nothing counts as not set.
import { existsSync } from 'node:fs'
import { packPath } from './definition/pack-file.ts'
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
import { readSelection, type TargetFlags, type TargetSelection } from './target/target.ts'

export type BridgeSource =
  /** Spans by a definition file. */
  | { kind: 'pack'; path: string }
  /** A script of the user's that prints events (event/printf.ts has the contract). */
  | { kind: 'script'; path: string }

export type BridgeConfig = {
  /** At least one; each is run on each target. */
  sources: readonly [BridgeSource, ...BridgeSource[]]
  /** None where no flag and no variable names one: then each definition's own, or PID 1 (target/namespace-main.ts). */
  targets: readonly TargetSelection[]
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
  /** The user's size of the kernel's buffer for events, as bpftrace reads it. */
  bufferPages: string | undefined
  /** The user's number of keys of the kernel's maps, by either of its names. */
  mapKeys: string | undefined
  /** Writes the stream, with a head, to this file. */
  recordPath?: string
  /** Plays this recording instead of running bpftrace. */
  replayPath?: string
}

/** A flag that can be given several times. */
type Repeatable = string | readonly string[]

/** The same settings by flag. */
export type BridgeFlags = {
  pack?: Repeatable
  script?: string
  pid?: Repeatable
  exe?: Repeatable
  container?: Repeatable
  endpoint?: string
  serviceName?: string
  record?: string
  replay?: string
  spool?: string
  listen?: string
}

/** Each session is a bpftrace of its own, of some 100 MB. */
const sessionsMax = 16

export function readConfig(env: NodeJS.ProcessEnv, flags: BridgeFlags = {}): BridgeConfig {
  const mistakes: string[] = []
  if (flags.record !== undefined && flags.replay !== undefined) {
    mistakes.push('--record and --replay are both given: choose one')
  }
  const delivery = deliveryOf(flags, env, mistakes)
  const listen = readListenAddress(flags.listen ?? (env.PROBESPAN_BRIDGE_LISTEN || undefined), mistakes)
  const targets = targetsOf(flags, env, mistakes)
  const sources = sourcesOf(flags, env, mistakes)
  checkSessions(flags, sources.length, targets.length, mistakes)
  if (mistakes.length > 0 || !isFilled(sources) || !delivery) {
    throw new BridgeError('config_invalid', mistakes.join('\n'))
  }
  const serviceName = flags.serviceName ?? (env.SERVICE_NAME || env.OTEL_SERVICE_NAME)
  return {
    sources,
    targets,
    ...delivery,
    bpftrace: env.PROBESPAN_BPFTRACE || 'bpftrace',
    bufferPages: env.BPFTRACE_PERF_RB_PAGES || undefined,
    mapKeys: env.BPFTRACE_MAX_MAP_KEYS || env.BPFTRACE_MAP_KEYS_MAX || undefined,
    ...(serviceName && { serviceName }),
    ...(listen && { listen }),
    ...(flags.record !== undefined && { recordPath: flags.record }),
    ...(flags.replay !== undefined && { replayPath: flags.replay }),
  }
}

type Filled<Item> = [Item, ...Item[]]
const isFilled = <Item>(items: Item[]): items is Filled<Item> => items.length > 0
const listOf = (flag: Repeatable | undefined): readonly string[] =>
  flag === undefined ? [] : typeof flag === 'string' ? [flag] : flag

function sourcesOf(flags: BridgeFlags, env: NodeJS.ProcessEnv, mistakes: string[]): BridgeSource[] {
  const flagged = flags.pack !== undefined || flags.script !== undefined
  const packs = flagged ? listOf(flags.pack) : (env.PROBESPAN_PACK ?? '').split(',').filter(Boolean)
  const script = flagged ? flags.script : env.BPFTRACE_SCRIPT || undefined
  if (packs.length > 0 && script !== undefined) {
    mistakes.push(
      'both a pack and a script are given: choose --pack (PROBESPAN_PACK) or --script (BPFTRACE_SCRIPT)',
    )
    return []
  }
  if (packs.length > 0) {
    return [...new Set(packs)].map((pack) => ({ kind: 'pack', path: packPath(pack.trim()) }))
  }
  if (script === undefined) {
    mistakes.push('nothing to trace: give --pack NAME (PROBESPAN_PACK) or --script FILE (BPFTRACE_SCRIPT)')
    return []
  }
  if (!existsSync(script))
    mistakes.push(`the script ${script} does not exist: correct --script or BPFTRACE_SCRIPT`)
  return [{ kind: 'script', path: script }]
}

/** One flag for a target replaces all three variables. */
function targetsOf(flags: BridgeFlags, env: NodeJS.ProcessEnv, mistakes: string[]): TargetSelection[] {
  const flagged = [flags.pid, flags.exe, flags.container].some((flag) => flag !== undefined)
  const given = flagged
    ? flags
    : {
        pid: env.TARGET_PID || undefined,
        exe: env.TARGET_EXE || undefined,
        container: env.TARGET_CONTAINER || undefined,
      }
  const wanted: TargetFlags[] = [
    ...listOf(given.pid).map((pid) => ({ pid })),
    ...listOf(given.exe).map((exe) => ({ exe })),
    ...listOf(given.container).map((container) => ({ container })),
  ]
  return wanted.flatMap((each) => {
    try {
      return readSelection(each, (flag) => `--${flag} or TARGET_${flag.toUpperCase()}`) ?? []
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error
      mistakes.push(error.message)
      return []
    }
  })
}

function checkSessions(flags: BridgeFlags, sources: number, targets: number, mistakes: string[]): void {
  // Without any, each source has the one that its definition names.
  const targetsOfEach = Math.max(1, targets)
  const sessions = sources * targetsOfEach
  if (sessions > sessionsMax) {
    mistakes.push(
      `${sources} packs on ${targetsOfEach} targets are ${sessions} runs of bpftrace: at most ${sessionsMax}`,
    )
  }
  if (flags.record !== undefined && sessions > 1)
    mistakes.push('--record takes one pack or script, and one target')
  if (flags.replay !== undefined && sources > 1) mistakes.push('--replay takes one pack or script')
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
