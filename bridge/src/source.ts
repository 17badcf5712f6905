// What the bridge will run, from its configuration: the definition and bpftrace's arguments. bpftrace passes over a
// probe that it does not find as long as it finds another, so that is checked here, before it runs.
import { probesNamedIn, usdtProbesOf, type ProbeName } from './bpftrace/probes.ts'
import { targetGone } from './bpftrace/failure.ts'
import type { BridgeConfig } from './config.ts'
import type { Definition } from './definition/definition.ts'
import { loadDefinition } from './definition/load.ts'
import { announcedScript, probesOf, renderProgram } from './definition/program.ts'
import { BridgeError } from './errors.ts'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** The definition of a script that prints its own events: its spans are named by the events. */
const scriptDefinition: Definition = { name: 'script', provider: '', resource: {}, spans: new Map() }

export async function definitionOf(config: BridgeConfig): Promise<Definition> {
  return config.source.kind === 'pack' ? loadDefinition(config.source.path) : scriptDefinition
}

/** The arguments for bpftrace: the user's script, or the program generated for the probes that the target has. */
export async function prepareArguments(config: BridgeConfig, definition: Definition): Promise<string[]> {
  const { source, targetPid } = config
  if (!existsSync(`/proc/${targetPid}`)) throw targetGone(targetPid)
  const head = ['-f', 'json', '-p', String(targetPid)]
  if (source.kind === 'script') {
    const script = await readScript(source.path)
    await findProbes(config, probesNamedIn(script))
    return [...head, '-e', announcedScript(script)]
  }
  const { provider } = definition
  const found = await findProbes(
    config,
    probesOf(definition).map((name) => ({ provider, name })),
  )
  return [...head, '-e', renderProgram(definition, (name) => found.get(`${provider}:${name}`) ?? [])]
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
