// The front of this folder: what was asked for to the processes and files that it is now. Nothing is kept: whoever
// wants to follow a target that restarts selects again.
import { BridgeError } from '../errors.ts'
import { containerPids, idForm } from './container.ts'
import { inspectContainer } from './engine.ts'
import { executableFiles } from './executable.ts'
import { processFiles } from './process-files.ts'
import type { Target, TargetSelection } from './target.ts'

/**
 * At least one target, each with at least one file:
 * - a pid: that process and the files it has mapped executable, its program first;
 * - an executable: one target without a pid, with all files that the glob stands for;
 * - a container: one target a process of it, by ascending pid (its main process is the first).
 * Rejects with BridgeError: `target_gone` (no such process or container), `not_permitted` (it is someone else's),
 * `config_invalid` (no such file, no engine to ask, a process without a program).
 */
export async function selectTargets(selection: TargetSelection): Promise<Target[]> {
  switch (selection.kind) {
    case 'pid':
      return [{ pid: selection.pid, files: await processFiles(selection.pid) }]
    case 'executable':
      return [{ files: await executableFiles(selection.pattern) }]
    case 'container':
      return containerTargets(await pidsOf(selection.name), selection.name)
  }
}

async function pidsOf(name: string): Promise<number[]> {
  const byId = idForm.test(name) ? await containerPids(name) : []
  if (byId.length > 0) return byId
  const { id, running } = await inspectContainer(name)
  if (!running) throw new BridgeError('target_gone', `the container "${name}" does not run: start it`)
  const pids = await containerPids(id)
  if (pids.length > 0) return pids
  throw new BridgeError(
    'target_gone',
    `the container "${name}" runs, but none of its processes can be seen from here (id ${id}): run this on its host ` +
      'as root, not inside another container or another pid namespace',
  )
}

async function containerTargets(pids: readonly number[], name: string): Promise<Target[]> {
  const targets: Target[] = []
  let refusal: BridgeError | undefined
  for (const pid of pids) {
    try {
      targets.push({ pid, files: await processFiles(pid) })
    } catch (error) {
      // A process that ended meanwhile; decisive only where no other is left.
      if (!(error instanceof BridgeError)) throw error
      refusal = error
    }
  }
  if (targets.length > 0) return targets
  throw refusal ?? new BridgeError('target_gone', `the container "${name}" has ended`)
}
