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
  argumentsMax,
  lengthCountsZero,
  stringLengthVariable,
  versionText,
  type BpftraceVersion,
} from './bpftrace/version.ts'
import type { BridgeSource } from './config.ts'
import { isOfScript, probesOf, probeText, type Definition } from './definition/definition.ts'
import { mapKeysOf, mapKeysVariables } from './definition/kernel-maps.ts'
import { loadDefinition } from './definition/load.ts'
import {
  announcedScript,
  functionAttachPoint,
  renderProgram,
  stringBytesThatFit,
} from './definition/program.ts'
import { lackingArguments, needsOf, unreadableArguments } from './definition/needs.ts'
import { refusedExpressions } from './definition/refused-expression.ts'
import { BridgeError } from './errors.ts'
import { takeInventory, type Inventory } from './probes/inventory.ts'
import { nothingFound } from './probes/refusal.ts'
import { selectionFlag, selectionText, type TargetFile, type TargetSelection } from './target/target.ts'

/** The definition of a script that prints its own events: its spans are named by the events. */
const scriptDefinition: Definition = { name: 'script', resource: {}, spans: new Map(), events: new Map() }

export async function definitionOf(source: BridgeSource): Promise<Definition> {
  return source.kind === 'pack' ? loadDefinition(source.path) : scriptDefinition
}

/** What one run of bpftrace attaches to: a process (`-p`), or every process of some files, also later ones. */
export type AttachTarget =
  | { kind: 'process'; pid: number }
  /** `pattern` is what the user calls them. */
  | {
      kind: 'files'
      files: readonly TargetFile[]
      /** Whose functions are meant where a definition names no file; if not given, those of `files`. */
      programs?: readonly TargetFile[]
      pattern: string
      /** A bpftrace expression that is true of the processes that are meant, where not all are. */
      only?: string
    }

/** How bpftrace is to be run. */
export type Invocation = {
  args: string[]
  env: Record<string, string>
  /** Why bpftrace refused what it was given, in terms of the definition where there is one. */
  explain?(failure: BridgeError): BridgeError
}

export type InvocationRequest = {
  source: BridgeSource
  definition: Definition
  target: AttachTarget
  /** The bpftrace program, and its version. */
  program: string
  version: BpftraceVersion
  cpus: number
  /** The user's number of keys of the kernel's maps, as bpftrace reads it. */
  mapKeys: string | undefined
}

/**
 * For the user's script, or for the program generated for the probes that the target has. Rejects with BridgeError
 * `target_gone`, `probe_missing` with what there is, `definition_invalid` where a probe lacks an argument, or why the target or the script cannot be read.
 */
export async function prepareInvocation(request: InvocationRequest): Promise<Invocation> {
  const { source, definition, target, version } = request
  if (target.kind === 'process' && !existsSync(`/proc/${target.pid}`)) throw targetGone(target.pid)
  const head = ['-f', 'json', ...(target.kind === 'process' ? ['-p', String(target.pid)] : [])]
  const scriptPath = scriptOf(source, definition)
  if (scriptPath !== undefined) {
    const script = await readScript(scriptPath)
    const found = await findProbes(request, probesNamedIn(script))
    // Without -p bpftrace has no process in which it could look for them; with it, 0.27 may find one file by two paths.
    return { args: [...head, '-e', announcedScript(withAttachPoints(script, found))], env: {} }
  }
  const unreadable = unreadableArguments(definition, argumentsMax(version, process.arch))
  if (unreadable.length > 0) throw new BridgeError('definition_invalid', unreadable.join('\n'))
  const probes = probesOf(definition)
  const found = await findProbes(
    request,
    probes.filter((probe) => probe.kind === 'usdt'),
  )
  const executables =
    target.kind === 'process'
      ? [`/proc/${target.pid}/exe`]
      : (target.programs ?? target.files).map(({ readPath }) => attachPath(readPath))
  const only = target.kind === 'files' ? target.only : undefined
  const text = renderProgram(
    definition,
    (probe) =>
      probe.kind === 'usdt'
        ? (found.get(probeText(probe)) ?? [])
        : executables
            .slice(0, probe.file === undefined ? undefined : 1)
            .map((file) => functionAttachPoint(probe, file)),
    {
      lengthCountsZero: lengthCountsZero(version),
      cpuBuffers: cpuBuffersOf(version, cpus().length),
      ...(only !== undefined && { only }),
    },
  )
  return {
    args: [...head, '-e', text],
    env: { ...stringEnvironment(definition, version, source.path), ...mapEnvironment(request) },
    explain: (failure) => explained(failure, text, definition),
  }
}

/** The user's program, where it is one that runs. */
export const scriptOf = (source: BridgeSource, definition: Definition): string | undefined =>
  source.kind === 'script' ? source.path : definition.script

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

function explained(failure: BridgeError, program: string, definition: Definition): BridgeError {
  const refused = refusedExpressions(failure.message, program, definition)
  if (failure.code !== 'script_invalid' || refused.length === 0) return failure
  return new BridgeError(
    'script_invalid',
    `${refused.join('\n')}\nCorrect this expression of bpftrace's. bpftrace says, of the program made of the definition:\n${failure.message}`,
  )
}

/** Room for starts that wait in the kernel. */
function mapEnvironment({ definition, version, cpus, mapKeys }: InvocationRequest): Record<string, string> {
  const keys = mapKeys ?? mapKeysOf(definition, version, cpus)?.toString()
  if (keys === undefined) return {}
  return Object.fromEntries(mapKeysVariables(version).map((name) => [name, keys]))
}

type AttachPoints = Map<string, string[]>
type Found = { points: AttachPoints; inventory: Inventory }

/**
 * The attach points of the probes by `provider:name`. Throws BridgeError `probe_missing` with all that are not there,
 * `definition_invalid` with all arguments that they have not.
 */
async function findProbes(request: InvocationRequest, wanted: readonly ProbeName[]): Promise<AttachPoints> {
  if (wanted.length === 0) return new Map()
  const providers = new Set(wanted.map((each) => each.provider))
  const { target } = request
  const { points, inventory } =
    target.kind === 'process'
      ? await probesOfProcess(request.program, target.pid, providers)
      : await probesOfFiles(target.files, target.pattern, providers)
  const missing = wanted
    .map(({ provider, name }) => `${provider}:${name}`)
    .filter((name) => !points.has(name))
  if (missing.length > 0) throw missingProbes(request, providers, missing, [...points.keys()])
  if (!isOfScript(request.definition)) checkArguments(request.definition, inventory)
  return points
}

/** A file whose notes cannot be read here is left to bpftrace. */
function checkArguments(definition: Definition, { files }: Inventory): void {
  const lacking = needsOf(definition).flatMap((need) =>
    files.flatMap(({ file, probes }) =>
      probes
        .filter(({ provider, name }) => provider === need.provider && name === need.name)
        .flatMap((probe) => lackingArguments(definition, need, probe, file.path)),
    ),
  )
  if (lacking.length > 0) throw new BridgeError('definition_invalid', lacking.join('\n'))
}

async function probesOfProcess(program: string, pid: number, providers: ReadonlySet<string>): Promise<Found> {
  const points: AttachPoints = new Map()
  const paths = new Set<string>()
  for (const provider of providers) {
    for (const [name, found] of await usdtProbesOf(program, pid, provider)) {
      points.set(
        `${provider}:${name}`,
        found.map(({ attachPoint }) => attachPoint),
      )
      for (const { path } of found) paths.add(path)
    }
  }
  const files = [...paths].map((path) => ({ path, readPath: path }))
  return { points, inventory: await takeInventory([{ files }]) }
}

/** By the files' own notes: it needs no process, and bpftrace need not be started for it. */
async function probesOfFiles(
  files: readonly TargetFile[],
  pattern: string,
  providers: ReadonlySet<string>,
): Promise<Found> {
  const inventory = await takeInventory([{ files: [...files] }])
  if (inventory.files.length === 0) throw nothingFound(inventory, pattern, undefined, [])
  const points: AttachPoints = new Map()
  for (const { file, probes } of inventory.files) {
    for (const { provider, name } of probes.filter((probe) => providers.has(probe.provider))) {
      const text = `${provider}:${name}`
      points.set(text, [...(points.get(text) ?? []), `usdt:${attachPath(file.readPath)}:${text}`])
    }
  }
  return { points, inventory }
}

async function readScript(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BridgeError(
      'config_invalid',
      `cannot read the script ${path} (${error.code}): correct its name where it was given`,
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
  const selection: TargetSelection =
    target.kind === 'process'
      ? { kind: 'pid', pid: target.pid }
      : { kind: 'executable', pattern: target.pattern }
  return new BridgeError(
    'probe_missing',
    `${selectionText(selection)} has no probe ${missing.join(', ')}; ${has}. Check that it is the right target, and the ` +
      `probe names in ${source.path}. All its probes: probespan probes ${selectionFlag(selection)}`,
  )
}
