// What the bridge will run, from its configuration: the definition and bpftrace's arguments. bpftrace passes over a
// probe that it does not find as long as it finds another, so that is checked here, before it runs.
import { probesNamedIn, usdtProbesOf, type ProbeName } from './bpftrace/probes.ts'
import { targetGone } from './bpftrace/failure.ts'
import { stringLengthVariable, versionText, type BpftraceVersion } from './bpftrace/version.ts'
import type { BridgeConfig } from './config.ts'
import { probesOf, probeText, type Definition } from './definition/definition.ts'
import { loadDefinition } from './definition/load.ts'
import {
  announcedScript,
  functionAttachPoint,
  renderProgram,
  stringBytesThatFit,
} from './definition/program.ts'
import { BridgeError } from './errors.ts'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** The definition of a script that prints its own events: its spans are named by the events. */
const scriptDefinition: Definition = { name: 'script', resource: {}, spans: new Map(), events: new Map() }

export async function definitionOf(config: BridgeConfig): Promise<Definition> {
  return config.source.kind === 'pack' ? loadDefinition(config.source.path) : scriptDefinition
}

/** How bpftrace is to be run. */
export type Invocation = { args: string[]; env: Record<string, string> }

/** For the user's script, or for the program generated for the probes that the target has. */
export async function prepareInvocation(
  config: BridgeConfig,
  definition: Definition,
  version: BpftraceVersion,
): Promise<Invocation> {
  const { source, targetPid } = config
  if (!existsSync(`/proc/${targetPid}`)) throw targetGone(targetPid)
  const head = ['-f', 'json', '-p', String(targetPid)]
  if (source.kind === 'script') {
    const script = await readScript(source.path)
    await findProbes(config, probesNamedIn(script))
    return { args: [...head, '-e', announcedScript(script)], env: {} }
  }
  const probes = probesOf(definition)
  const found = await findProbes(
    config,
    probes.filter((probe) => probe.kind === 'usdt'),
  )
  const executable = `/proc/${targetPid}/exe`
  const program = renderProgram(definition, (probe) =>
    probe.kind === 'usdt' ? (found.get(probeText(probe)) ?? []) : [functionAttachPoint(probe, executable)],
  )
  return { args: [...head, '-e', program], env: stringEnvironment(definition, version, config.source.path) }
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

/** The attach points of the probes by `provider:name`. Throws BridgeError `probe_missing` with all that are not there. */
async function findProbes(
  config: BridgeConfig,
  wanted: readonly ProbeName[],
): Promise<ReadonlyMap<string, string[]>> {
  const found = new Map<string, string[]>()
  const providers = new Set(wanted.map((each) => each.provider))
  for (const provider of providers) {
    const probes = await usdtProbesOf(config.bpftrace, config.targetPid, provider)
    for (const [name, attachPoints] of probes) found.set(`${provider}:${name}`, attachPoints)
  }
  const missing = wanted.map(({ provider, name }) => `${provider}:${name}`).filter((name) => !found.has(name))
  if (missing.length > 0) throw missingProbes(config, providers, missing, [...found.keys()])
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
  config: BridgeConfig,
  providers: ReadonlySet<string>,
  missing: string[],
  found: string[],
): BridgeError {
  const has =
    found.length > 0
      ? `it has ${found.join(', ')}`
      : `it has none of provider "${[...providers].join('", "')}"`
  return new BridgeError(
    'probe_missing',
    `process ${config.targetPid} has no probe ${missing.join(', ')}; ${has}. ` +
      `Check --pid, and the probe names in ${config.source.path}. All its probes: bpftrace -l 'usdt:*' -p ${config.targetPid}`,
  )
}
