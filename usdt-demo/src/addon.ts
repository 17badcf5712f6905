// The compiled probes, typed. In: build/probes.node. Out: functions that fire one probe each, in provider `fosdem`.
// Times and durations are Unix nanoseconds as bigint; strings reach a tracer up to 255 bytes, the rest is cut.
// Source of names and order: addon/probes.c, which throws a TypeError naming an argument of the wrong type.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OperationalError } from './operational-error.ts'

export const addonPath = fileURLToPath(new URL('../build/probes.node', import.meta.url))
const buildMainPath = fileURLToPath(new URL('./build-addon-main.ts', import.meta.url))

export interface Probes {
  /** `traceparent` is empty where the request brought none. */
  requestStart(reqid: string, unixNs: bigint, traceparent: string, method: string): void
  /** `route` is empty where none matched; `status` is 499 where the client went away first. */
  requestEnd(reqid: string, startUnixNs: bigint, durationNs: bigint, status: number, route: string): void
  queryStart(reqid: string, unixNs: bigint, statement: string): void
  /** `rows` is -1 when the query failed. */
  queryEnd(reqid: string, startUnixNs: bigint, durationNs: bigint, rows: bigint): void
  paymentStart(reqid: string, unixNs: bigint, provider: string, amountCents: bigint): void
  paymentEnd(reqid: string, startUnixNs: bigint, durationNs: bigint, approved: boolean): void
}

export interface Addon extends Probes {
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC, measured once at load: the same value for the process's whole life. */
  realtimeOffsetNs(): bigint
}

const functionNames = [
  'requestStart',
  'requestEnd',
  'queryStart',
  'queryEnd',
  'paymentStart',
  'paymentEnd',
  'realtimeOffsetNs',
] as const satisfies readonly (keyof Addon)[]

/** Loads the addon; throws an OperationalError that names the build command if it was not built, or is an older one. */
export function loadAddon(path: string = addonPath): Addon {
  const command = `node ${relative(process.cwd(), buildMainPath)}`
  if (!existsSync(path))
    throw new OperationalError(`The shop's probes are not built (${path} is missing). Run: ${command}`)
  const loaded: unknown = createRequire(import.meta.url)(path)
  if (!isAddon(loaded)) throw new OperationalError(`${path} is not of this version. Run: ${command}`)
  return loaded
}

function isAddon(loaded: unknown): loaded is Addon {
  const functions = new Map<string, unknown>(Object.entries(Object(loaded)))
  return functionNames.every((name) => typeof functions.get(name) === 'function')
}

/** One clock for all probes, so that no operation can stick out of its request: see addon/probes.c. */
export function programClock(addon: Addon): () => bigint {
  const offsetNs = addon.realtimeOffsetNs()
  return () => offsetNs + process.hrtime.bigint()
}
