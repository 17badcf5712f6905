// `probespan check`: flags and environment in, findings on stdout, an exit code out: 0 where nothing needs fixing, 1
// where something does, 2 for flags that cannot be read. Looks, and changes nothing.
import { readConfig } from '../config.ts'
import { BridgeError } from '../errors.ts'
import { readSelection, type TargetFlags } from '../target/target.ts'
import type { Facts } from './facts.ts'
import { findingsJson, findingsText, needFixing, type Finding } from './finding.ts'
import { gatherBpftrace } from './gather-bpftrace.ts'
import { gatherEndpoint } from './gather-endpoint.ts'
import { gatherMachine } from './gather-machine.ts'
import { gatherPack, gatherTarget } from './gather-target.ts'
import { judgeBpftrace } from './judge-bpftrace.ts'
import { judgeEndpoint } from './judge-endpoint.ts'
import { judgeMachine } from './judge-machine.ts'
import { judgeTarget } from './judge-target.ts'

export type CheckFlags = TargetFlags & { pack?: string; endpoint?: string; json?: boolean }

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

export function judge({ machine, bpftrace, target, pack, endpoint }: Facts): Finding[] {
  return [
    ...judgeMachine(machine, 'version' in bpftrace ? bpftrace.version : undefined),
    ...judgeBpftrace(bpftrace),
    ...judgeTarget(target, pack),
    judgeEndpoint(endpoint),
  ]
}

async function gather(env: NodeJS.ProcessEnv, flags: CheckFlags): Promise<Facts> {
  // Of several packs and targets the first.
  const packName = flags.pack ?? (env.PROBESPAN_PACK?.split(',')[0] || undefined)
  // Read as the bridge reads it, which wants something to trace; the check can do without, and leaves this one alone.
  const config = readConfig(env, {
    pack: packName ?? 'demo',
    ...(flags.endpoint !== undefined && { endpoint: flags.endpoint }),
  })
  const selection = readSelection(flags) ?? (isTargetNamed(env) ? config.targets[0] : undefined)
  // One after the other: a trial that waits for a CPU would say nothing about the machine.
  return {
    machine: await gatherMachine(),
    bpftrace: await gatherBpftrace(config.bpftrace),
    ...(selection && { target: await gatherTarget(selection) }),
    ...(packName !== undefined && { pack: await gatherPack(config.sources[0].path) }),
    endpoint: await gatherEndpoint(config.tracesUrl, env),
  }
}

/** The bridge's default is PID 1, which is somebody else's process but in a shared pid namespace: only by wish. */
function isTargetNamed(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.TARGET_PID || env.TARGET_EXE || env.TARGET_CONTAINER)
}
