// The bpftrace programs of this machine that the tests run, one a Debian suite: its own, and those that setup.mjs made
// below PROBESPAN_ROOTS. Out: their versions, and why a suite's is missing. Source: suites.json, the stamps, --version.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { z } from 'zod'
import { parseVersion, versionText } from '../../src/bpftrace/version.ts'
import suites from './suites.json' with { type: 'json' }

const roots = process.env.PROBESPAN_ROOTS || '/var/cache/probespan/roots'
const answerTimeoutMs = 30_000
const stampForm = z.looseObject({ version: z.string(), program: z.string() })

/** `program` is what PROBESPAN_BPFTRACE takes. */
export type BpftraceProgram = { version: string; program: string }
export type MissingVersion = { suite: string; reason: string }
type Suite = { suite: string; from: string; below?: string }
type Found = BpftraceProgram | MissingVersion

export function availableVersions(): BpftraceProgram[] {
  return find().filter((each) => 'program' in each)
}

/**
 * Those that a test runs that takes long: each by `npm run test:versions`, else the machine's own. With `cannotTrace`
 * there is none to be run, which is said.
 */
export function testedVersions(): { versions: BpftraceProgram[]; cannotTrace: boolean } {
  const all = process.env.PROBESPAN_VERSIONS === 'all'
  const own = ownProgram()
  const cannotTrace = !all && (process.getuid?.() !== 0 || !own)
  if (cannotTrace) console.warn('SKIPPED: attaching to probes needs root and bpftrace')
  return { versions: all ? availableVersions() : own ? [own] : [], cannotTrace }
}

export function missingVersions(): MissingVersion[] {
  return find().filter((each) => 'reason' in each)
}

function find(): Found[] {
  const own = ownProgram()
  return suites.map((each: Suite) => (own && isStable(each, own) ? own : madeFor(each.suite)))
}

/** As setup.mjs has it: the machine's own counts for a suite that does not change any more. */
function isStable({ from, below }: Suite, { version }: BpftraceProgram): boolean {
  return below !== undefined && order(version) >= order(from) && order(version) < order(below)
}

function madeFor(suite: string): Found {
  const stamp = join(roots, `${suite}.json`)
  const remedy = 'make it with: sudo node bridge/test/roots/setup.mjs'
  if (!existsSync(stamp)) return { suite, reason: `there is no ${stamp}; ${remedy}` }
  const { version, program } = stampForm.parse(JSON.parse(readFileSync(stamp, 'utf8')))
  return isProgram(program) ? { version, program } : { suite, reason: `${program} is gone; ${remedy}` }
}

function ownProgram(): BpftraceProgram | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const program = folders.map((folder) => join(folder, 'bpftrace')).find(isProgram)
  if (program === undefined) return undefined
  const said = execFileSync(program, ['--version'], { encoding: 'utf8', timeout: answerTimeoutMs })
  const version = parseVersion(said)
  return version && { version: versionText(version), program }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const order = (version: string): number =>
  version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0)
