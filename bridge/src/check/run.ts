// `probespan check`: flags and environment in, findings on stdout, an exit code out: 0 where nothing needs fixing, 1
// where something does, 2 for flags that cannot be read. Looks, and changes nothing.
import { argumentsMax } from '../bpftrace/version.ts'
import { readConfig, type BridgeFlags } from '../config.ts'
import { BridgeError } from '../errors.ts'
import type { Facts, PackFacts, TargetFacts } from './facts.ts'
import { findingsJson, findingsText, needFixing, type Finding } from './finding.ts'
import { gatherBpftrace } from './gather-bpftrace.ts'
import { gatherEndpoint } from './gather-endpoint.ts'
import { gatherMachine } from './gather-machine.ts'
import { gatherPack, gatherTarget } from './gather-target.ts'
import { judgeBpftrace } from './judge-bpftrace.ts'
import { judgeEndpoint } from './judge-endpoint.ts'
import { judgeMachine } from './judge-machine.ts'
import { judgeTargets } from './judge-target.ts'

export type CheckFlags = Pick<BridgeFlags, 'pid' | 'exe' | 'container' | 'pack' | 'endpoint'> & {
  json?: boolean
}

/** Never rejects for an operational error: it is told, and its exit code answered. */
export async function runCheck(env: NodeJS.ProcessEnv, flags: CheckFlags): Promise<number> {
  try {
    const findings = judge(await gather(env, flags))
    process.stdout.write(`${flags.json === true ? findingsJson(findings) : findingsText(findings)}\n`)
    return needFixing(findings) === 0 ? 0 : 1
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    process.stderr.write(`probespan check: ${error.code}: ${error.message}\n`)
    return error.exitCode
  }
}

export function judge({ machine, bpftrace, targets, packs, endpoint }: Facts): Finding[] {
  const version = 'version' in bpftrace ? bpftrace.version : undefined
  return [
    ...judgeMachine(machine, version),
    ...judgeBpftrace(bpftrace),
    ...judgeTargets(targets, packs, version && argumentsMax(version, process.arch)),
    ...judgeEndpoint(endpoint),
  ]
}

async function gather(env: NodeJS.ProcessEnv, flags: CheckFlags): Promise<Facts> {
  const packGiven = flags.pack !== undefined || Boolean(env.PROBESPAN_PACK)
  // Read as the bridge reads it, which wants something to trace; the check can do without, and leaves this one alone.
  const config = readConfig(env, { ...flags, ...(!packGiven && { pack: 'demo' }) })
  // One after the other: a trial that waits for a CPU would say nothing about the machine.
  const machine = await gatherMachine()
  const bpftrace = await gatherBpftrace(config.bpftrace)
  const targets: TargetFacts[] = []
  for (const selection of config.targets) targets.push(await gatherTarget(selection))
  const packs: PackFacts[] = []
  for (const { path } of packGiven ? config.sources : []) packs.push(await gatherPack(path, targets))
  return { machine, bpftrace, targets, packs, endpoint: await gatherEndpoint(config, env) }
}
