// The target and the pack as facts: an error of theirs is one.
import { loadDefinition } from '../definition/load.ts'
import { BridgeError } from '../errors.ts'
import { takeInventory } from '../probes/inventory.ts'
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

/** `named` are the targets that the user named; without any, the pack's own is looked at. */
export async function gatherPack(path: string, named: readonly TargetFacts[]): Promise<PackFacts> {
  return orFailure({ path }, async () => {
    const definition = await loadDefinition(path)
    const own = named.length === 0 && definition.target ? [await gatherTarget(definition.target)] : named
    return { path, definition, targets: own }
  })
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
