// A container as it is now to what one run of bpftrace is attached to: the files of its processes that have the pack's
// probes. Processes of another container of the same image run the very same files, so the kernel tells them apart by
// their mount namespace. Whoever starts later in it is seen as well.
import { existsSync, readFileSync } from 'node:fs'
import { capabilitiesOf } from '../check/gather-machine.ts'
import { readsTypesAsAdmin, type BpftraceVersion } from '../bpftrace/version.ts'
import { probesOf, probeText } from '../definition/definition.ts'
import { prepareInvocation, type InvocationRequest } from '../source.ts'
import { ContainerMembers, containerOf } from '../target/container.ts'
import type { Attachment } from './attachment.ts'
import { ContainerScan, type ContainerPart } from './container-part.ts'
import { isFirstPidNamespace } from './pid-namespace.ts'

/** What `curtask` leads to stands in the kernel's type information. */
const kernelTypes = '/sys/kernel/btf/vmlinux'
const systemAdmin = 21
/** A look takes a few milliseconds. */
const lookEveryMs = 2000
const pidsShownMax = 5

/** Whether the processes of a container can be told from others; if not, one is traced by its pid. */
export function canTellProcesses(version: BpftraceVersion): boolean {
  if (readsTypesAsAdmin(version) && !hasCapability(systemAdmin)) return false
  // In another pid namespace bpftrace gives no pids of other namespaces, or such as mean nothing here.
  return existsSync(kernelTypes) && isFirstPidNamespace()
}

/**
 * Undefined where its files have not all the probes of the pack. `pid` is one of its processes, `name` is for messages.
 * Rejects with BridgeError.
 */
export async function containerAttachment(
  pid: number,
  name: string,
  request: Omit<InvocationRequest, 'target'>,
): Promise<Attachment | undefined> {
  const wanted = probesOf(request.definition).filter(({ kind }) => kind === 'usdt')
  const id = await containerOf(pid)
  if (id === undefined) return undefined
  const scan = new ContainerScan(new ContainerMembers(id), new Set(wanted.map(probeText)))
  const part = await scan.look()
  if (part.namespaces.size === 0 || part.probes.size < new Set(wanted.map(probeText)).size) return undefined
  const only = [...part.namespaces].map((inode) => `curtask->nsproxy->mnt_ns->ns.inum == ${inode}`)
  const invocation = await prepareInvocation({
    ...request,
    target: {
      kind: 'files',
      files: [...part.files.values()],
      programs: [...part.programs.values()],
      pattern: name,
      only: only.join(' || '),
    },
  })
  const [program, ...others] = part.programs.values()
  let lookedMs = performance.now()
  return {
    invocation,
    ...(program && others.length === 0 && { executable: program.path }),
    what: `${name} (${pidsText(part.pids)})`,
    isAlive: () => scan.isAlive(),
    hasChanged: async () => {
      if (performance.now() - lookedMs < lookEveryMs) return false
      lookedMs = performance.now()
      return isMore(await scan.look(), part)
    },
  }
}

function hasCapability(number: number): boolean {
  return capabilitiesOf(readFileSync('/proc/self/status', 'utf8'))?.has(number) === true
}

/** What has gone since needs no new bpftrace. */
function isMore(now: ContainerPart, then: ContainerPart): boolean {
  return (
    [...now.files.keys()].some((identity) => !then.files.has(identity)) ||
    [...now.namespaces].some((inode) => !then.namespaces.has(inode))
  )
}

function pidsText(pids: readonly number[]): string {
  const shown = pids.slice(0, pidsShownMax).join(', ')
  const more = pids.length - pidsShownMax
  return `process${pids.length === 1 ? '' : 'es'} ${shown}${more > 0 ? ` and ${more} more` : ''}`
}
