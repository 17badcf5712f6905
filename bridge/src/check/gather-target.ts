// The target and the pack as facts: an error of theirs is one.
import { loadDefinition } from '../definition/load.ts'
import { BridgeError } from '../errors.ts'
import { takeInventory } from '../probes/inventory.ts'
import { isTraceable, readMainProcess, unnamedTarget } from '../target/namespace-main.ts'
import { selectTargets } from '../target/select.ts'
import { atItsPlace, selectionText, type TargetSelection } from '../target/target.ts'
import type { PackFacts, TargetFacts } from './facts.ts'

export async function gatherTarget(selection: TargetSelection): Promise<TargetFacts> {
  const what = selectionText(selection)
  return orFailure({ what }, async () => {
    const targets = await selectTargets(selection).catch((error: unknown) => {
      throw error instanceof BridgeError ? atItsPlace(error, selection) : error
    })
    const pids = targets.flatMap(({ pid }) => pid ?? [])
    return { what, pids, inventory: await takeInventory(targets) }
  })
}

/** `named` are the targets that the user named; without any, the pack's own is looked at, or what the bridge would take. */
export async function gatherPack(path: string, named: readonly TargetFacts[]): Promise<PackFacts> {
  return orFailure({ path }, async () => {
    const definition = await loadDefinition(path)
    if (named.length > 0) return { path, definition, targets: named }
    const selection = definition.target ?? (await unnamed())
    return { path, definition, targets: selection ? [await gatherTarget(selection)] : [] }
  })
}

/** Absent where the bridge would ask for a target. */
async function unnamed(): Promise<TargetSelection | undefined> {
  const main = await readMainProcess()
  return isTraceable(main) ? unnamedTarget(main).selection : undefined
}

async function orFailure<Subject, Facts>(
  subject: Subject,
  gather: () => Promise<Facts>,
): Promise<Facts | (Subject & { failure: string })> {
  try {
    return await gather()
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    return { ...subject, failure: error.message }
  }
}
