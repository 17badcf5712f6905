// What the bridge will run, from its configuration: the definition and bpftrace's arguments. bpftrace passes over a
// probe that it does not find as long as it finds another, so that is checked here, before it runs.
import { usdtProbesOf } from './bpftrace/probes.ts'
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
  const { source, targetPid, bpftrace } = config
  if (!existsSync(`/proc/${targetPid}`)) throw targetGone(targetPid)
  const head = ['-f', 'json', '-p', String(targetPid)]
  if (source.kind === 'script') return [...head, '-e', announcedScript(await readScript(source.path))]
  const found = await usdtProbesOf(bpftrace, targetPid, definition.provider)
  const missing = probesOf(definition).filter((probe) => !found.has(probe))
  if (missing.length > 0) throw missingProbes(config, definition, missing, [...found.keys()])
  return [...head, '-e', renderProgram(definition, (probe) => found.get(probe) ?? [])]
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
  definition: Definition,
  missing: string[],
  found: string[],
): BridgeError {
  const { provider } = definition
  const has =
    found.length > 0
      ? `it has ${found.map((name) => `${provider}:${name}`).join(', ')}`
      : `it has none of provider "${provider}"`
  return new BridgeError(
    'probe_missing',
    `process ${config.targetPid} has no probe ${missing.map((name) => `${provider}:${name}`).join(', ')}; ${has}. ` +
      `Check --pid, and the probe names in ${config.source.path}. All its probes: bpftrace -l 'usdt:*' -p ${config.targetPid}`,
  )
}
