// The target and the pack as facts: an error of theirs is one.
import { loadDefinition } from '../definition/load.ts'
import { BridgeError } from '../errors.ts'
import { takeInventory } from '../probes/inventory.ts'
import { selectTargets } from '../target/select.ts'
import { selectionText, type TargetSelection } from '../target/target.ts'
import type { PackFacts, TargetFacts } from './facts.ts'

export async function gatherTarget(selection: TargetSelection): Promise<TargetFacts> {
  const what = selectionText(selection)
  return orFailure({ what }, async () => {
    const targets = await selectTargets(selection)
    const pids = targets.flatMap(({ pid }) => pid ?? [])
    return { what, pids, inventory: await takeInventory(targets) }
  })
}

export async function gatherPack(path: string): Promise<PackFacts> {
  return orFailure({ path }, async () => ({ path, definition: await loadDefinition(path) }))
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
