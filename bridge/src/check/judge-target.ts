// Facts of the target and of a pack to findings: has it probes, and each that the pack needs, with the arguments that
// the pack reads.
import type { Definition } from '../definition/definition.ts'
import { lackingArguments, needsOf, unreadableArguments, type ProbeNeed } from '../definition/needs.ts'
import { nothingFound } from '../probes/refusal.ts'
import type { PackFacts, SeenTarget, TargetFacts } from './facts.ts'
import { fix, note, ok, type Finding } from './finding.ts'

const shownMax = 12

/** `argumentsMax`: how many of a probe this bpftrace reads. */
export function judgeTargets(
  targets: readonly TargetFacts[],
  packs: readonly PackFacts[],
  argumentsMax = Number.POSITIVE_INFINITY,
): Finding[] {
  const own = packs.flatMap((pack) => ('targets' in pack ? pack.targets : []))
  const all = [...new Set([...targets, ...own])]
  const none = [note('target', 'not looked at: name one with --pid, --exe or --container')]
  return [
    ...(all.length === 0 ? none : all.map(judgeTarget)),
    ...packs.flatMap((pack) => judgePack(pack, argumentsMax)),
  ]
}

function judgeTarget(target: TargetFacts): Finding {
  if ('failure' in target) return fix('target', `${target.what} cannot be looked at`, target.failure)
  const { what, pids, inventory } = target
  if (inventory.files.length === 0) {
    return fix(
      'target',
      `${what} has no probes that can be read`,
      nothingFound(inventory, what, undefined, []).message,
    )
  }
  const count = inventory.files.reduce((sum, { probes }) => sum + probes.length, 0)
  const processes = pids.length > 1 ? ` (${pids.length} processes)` : ''
  return ok(
    'target',
    `${what}${processes}: ${count} probes in ${inventory.files.map(({ file }) => file.path).join(', ')}`,
  )
}

function judgePack(pack: PackFacts, argumentsMax: number): Finding[] {
  if ('failure' in pack) return [fix('pack', `${pack.path} cannot be used`, pack.failure)]
  const { definition, path, targets } = pack
  const seen = targets.filter((target) => 'inventory' in target)
  return [
    ok('pack', `${definition.name} (${path}): ${definition.spans.size} spans`),
    ...unreadableArguments(definition, argumentsMax).map((what) =>
      fix('pack', `${definition.name} reads an argument that this bpftrace does not`, what),
    ),
    ...seen.flatMap((target) =>
      needsOf(definition).map((need) => judgeNeed(need, definition, target, seen.length > 1)),
    ),
  ]
}

/** `isOneOfSeveral`: of the targets, so that it must be said which. */
function judgeNeed(
  need: ProbeNeed,
  definition: Definition,
  { what, inventory }: SeenTarget,
  isOneOfSeveral: boolean,
): Finding {
  const all = inventory.files.flatMap((file) => file.probes)
  const probes = all.filter(({ provider }) => provider === need.provider)
  const probe = probes.find(({ name }) => name === need.name)
  const full = `${need.provider}:${need.name}`
  if (!probe) {
    const names = probes.slice(0, shownMax).map(({ name }) => name)
    const has = names.length === 0 ? `none of provider "${need.provider}"` : names.join(', ')
    const more = probes.length > names.length ? ` and ${probes.length - names.length} more` : ''
    return fix(
      'probe',
      `${full} is not in ${what}, which has ${has}${more}`,
      'check that the target is the right one and built with its probes, or correct the name in the pack',
    )
  }
  const types = probe.arguments.map(({ type }) => type).join(', ')
  const lacking = lackingArguments(definition, need, probe, what)
  if (lacking.length > 0) return fix('probe', `${full}(${types}) lacks an argument`, lacking.join('\n'))
  return ok('probe', `${full}(${types})${isOneOfSeveral ? ` in ${what}` : ''}`)
}
