// What bpftrace is to be run with: its arguments for a pack or a script on a target. bpftrace passes over a probe that
// it does not find as long as it finds another, so that is checked here, before it runs.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { cpuBuffersOf } from './bpftrace/event-buffer.ts'
import {
  attachPath,
  probesNamedIn,
  usdtProbesOf,
  withAttachPoints,
  type ProbeName,
} from './bpftrace/probes.ts'
import { targetGone } from './bpftrace/failure.ts'
import {
  lengthCountsZero,
  stringLengthVariable,
  versionText,
  type BpftraceVersion,
} from './bpftrace/version.ts'
import type { BridgeSource } from './config.ts'
import { probesOf, probeText, type Definition } from './definition/definition.ts'
import { loadDefinition } from './definition/load.ts'
import {
  announcedScript,
  functionAttachPoint,
  renderProgram,
  stringBytesThatFit,
} from './definition/program.ts'
import { BridgeError } from './errors.ts'
import { takeInventory } from './probes/inventory.ts'
import { nothingFound } from './probes/refusal.ts'
import type { TargetFile } from './target/target.ts'

/** The definition of a script that prints its own events: its spans are named by the events. */
const scriptDefinition: Definition = { name: 'script', resource: {}, spans: new Map(), events: new Map() }

export async function definitionOf(source: BridgeSource): Promise<Definition> {
  return source.kind === 'pack' ? loadDefinition(source.path) : scriptDefinition
}

/** What one run of bpftrace attaches to: a process (`-p`), or every process of some files, also later ones. */
export type AttachTarget =
  | { kind: 'process'; pid: number }
  /** `pattern` is what the user calls them. */
  | { kind: 'files'; files: readonly TargetFile[]; pattern: string }

/** How bpftrace is to be run. */
export type Invocation = { args: string[]; env: Record<string, string> }

export type InvocationRequest = {
  source: BridgeSource
  definition: Definition
  target: AttachTarget
  /** The bpftrace program, and its version. */
  program: string
  version: BpftraceVersion
}

/**
 * For the user's script, or for the program generated for the probes that the target has. Rejects with BridgeError
 * `target_gone`, `probe_missing` with what there is, or why the target or the script cannot be read.
 */
export async function prepareInvocation(request: InvocationRequest): Promise<Invocation> {
  const { source, definition, target, version } = request
  if (target.kind === 'process' && !existsSync(`/proc/${target.pid}`)) throw targetGone(target.pid)
  const head = ['-f', 'json', ...(target.kind === 'process' ? ['-p', String(target.pid)] : [])]
  if (source.kind === 'script') {
    const script = await readScript(source.path)
    const found = await findProbes(request, probesNamedIn(script))
    // Without -p bpftrace has no process in which it could look for them; with it, 0.27 may find one file by two paths.
    return { args: [...head, '-e', announcedScript(withAttachPoints(script, found))], env: {} }
  }
  const probes = probesOf(definition)
  const found = await findProbes(
    request,
    probes.filter((probe) => probe.kind === 'usdt'),
  )
  const executables =
    target.kind === 'process'
      ? [`/proc/${target.pid}/exe`]
      : target.files.map(({ readPath }) => attachPath(readPath))
  const text = renderProgram(
    definition,
    (probe) =>
      probe.kind === 'usdt'
        ? (found.get(probeText(probe)) ?? [])
        : executables
            .slice(0, probe.file === undefined ? undefined : 1)
            .map((file) => functionAttachPoint(probe, file)),
    { lengthCountsZero: lengthCountsZero(version), cpuBuffers: cpuBuffersOf(version, cpus().length) },
  )
  return { args: [...head, '-e', text], env: stringEnvironment(definition, version, source.path) }
}

/** Where events lie on the kernel's stack, their strings are made as long as fits; else bpftrace's default holds. */
function stringEnvironment(
  definition: Definition,
  version: BpftraceVersion,
  path: string,
): Record<string, string> {
  const variable = stringLengthVariable(version)
  if (variable === undefined) return {}
  const fit = stringBytesThatFit(definition)
  if (fit.ok) return { [variable]: fit.bytes.toString() }
  throw new BridgeError(
    'script_invalid',
    `the strings of one event (${fit.event}) of ${path} do not fit the 512 bytes that bpftrace ${versionText(version)} ` +
      `has for an event: ${fit.strings.join(', ')}. Leave some out, move them to the other probe, or use bpftrace 0.23 or later`,
  )
}

type AttachPoints = ReadonlyMap<string, string[]>

/** The attach points of the probes by `provider:name`. Throws BridgeError `probe_missing` with all that are not there. */
async function findProbes(request: InvocationRequest, wanted: readonly ProbeName[]): Promise<AttachPoints> {
  if (wanted.length === 0) return new Map()
  const providers = new Set(wanted.map((each) => each.provider))
  const { target } = request
  const found =
    target.kind === 'process'
      ? await probesOfProcess(request.program, target.pid, providers)
      : await probesOfFiles(target.files, target.pattern, providers)
  const missing = wanted.map(({ provider, name }) => `${provider}:${name}`).filter((name) => !found.has(name))
  if (missing.length > 0) throw missingProbes(request, providers, missing, [...found.keys()])
  return found
}

async function probesOfProcess(
  program: string,
  pid: number,
  providers: ReadonlySet<string>,
): Promise<AttachPoints> {
  const found = new Map<string, string[]>()
  for (const provider of providers) {
    const probes = await usdtProbesOf(program, pid, provider)
    for (const [name, attachPoints] of probes) found.set(`${provider}:${name}`, attachPoints)
  }
  return found
}

/** By the files' own notes: it needs no process, and bpftrace need not be started for it. */
async function probesOfFiles(
  files: readonly TargetFile[],
  pattern: string,
  providers: ReadonlySet<string>,
): Promise<AttachPoints> {
  const inventory = await takeInventory([{ files: [...files] }])
  if (inventory.files.length === 0) throw nothingFound(inventory, pattern, undefined, [])
  const found = new Map<string, string[]>()
  for (const { file, probes } of inventory.files) {
    for (const { provider, name } of probes.filter((probe) => providers.has(probe.provider))) {
      const text = `${provider}:${name}`
      found.set(text, [...(found.get(text) ?? []), `usdt:${attachPath(file.readPath)}:${text}`])
    }
  }
  return found
}

async function readScript(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BridgeError(
      'config_invalid',
      `cannot read the script ${path} (${error.code}): correct --script or BPFTRACE_SCRIPT`,
    )
  })
}

function missingProbes(
  { target, source }: InvocationRequest,
  providers: ReadonlySet<string>,
  missing: string[],
  found: string[],
): BridgeError {
  const has =
    found.length > 0
      ? `it has ${found.join(', ')}`
      : `it has none of provider "${[...providers].join('", "')}"`
  const [what, flag, listing] =
    target.kind === 'process'
      ? [`process ${target.pid}`, '--pid', `bpftrace -l 'usdt:*' -p ${target.pid}`]
      : [target.pattern, '--exe', `probespan probes --exe '${target.pattern}'`]
  return new BridgeError(
    'probe_missing',
    `${what} has no probe ${missing.join(', ')}; ${has}. ` +
      `Check ${flag}, and the probe names in ${source.path}. All its probes: ${listing}`,
  )
}
