// The processes of a container to those of them that have a pack's probes, asked again and again: in which files, and in
// which mount namespaces. A process is looked into when it is new or has become another program. Source: /proc.
import { statSync } from 'node:fs'
import { BridgeError } from '../errors.ts'
import { takeInventory } from '../probes/inventory.ts'
import type { ContainerMembers } from '../target/container.ts'
import { fileIdentity } from '../target/file-identity.ts'
import { processFiles } from '../target/process-files.ts'
import type { TargetFile } from '../target/target.ts'
import { programOfProcess, startOfProcess } from './process-life.ts'

/** Files by what tells one from another, whichever path leads to it. */
type Files = ReadonlyMap<string, TargetFile>

export type ContainerPart = {
  pids: number[]
  /** Those with probes of the pack. */
  files: Files
  /** What these processes run. */
  programs: Files
  /** Inode numbers. */
  namespaces: ReadonlySet<number>
  /** Of the pack's probes, those that the files have, as `provider:name`. */
  probes: ReadonlySet<string>
}

type Member = {
  start: string | undefined
  program: string | undefined
  namespace: number | undefined
  files: Files
  programs: Files
}

export class ContainerScan {
  private readonly members: ContainerMembers
  private readonly wanted: ReadonlySet<string>
  private known = new Map<number, Member>()
  /** The wanted probes that a file has, by the file's identity. */
  private readonly probesByFile = new Map<string, readonly string[]>()

  /** Of no `wanted` probes the container's first process has all: a pack of functions. */
  constructor(members: ContainerMembers, wanted: ReadonlySet<string>) {
    this.members = members
    this.wanted = wanted
  }

  /** Any of the processes that were there at the last look. */
  isAlive(): boolean {
    return [...this.known].some(([pid, { start }]) => start !== undefined && startOfProcess(pid) === start)
  }

  async look(): Promise<ContainerPart> {
    const known = new Map<number, Member>()
    for (const pid of await this.members.pids()) {
      const member = this.known.get(pid)
      const isSame = member?.start === startOfProcess(pid) && member?.program === programOfProcess(pid)
      known.set(pid, member && isSame ? member : await this.lookInto(pid))
    }
    this.known = known
    const all = [...known].filter(([, { files }]) => files.size > 0)
    const traced = this.wanted.size > 0 ? all : all.slice(0, 1)
    const files = new Map(traced.flatMap(([, member]) => [...member.files]))
    return {
      pids: traced.map(([pid]) => pid),
      files,
      programs: new Map(traced.flatMap(([, { programs }]) => [...programs])),
      namespaces: new Set(traced.flatMap(([, { namespace }]) => namespace ?? [])),
      probes: new Set([...files.keys()].flatMap((identity) => this.probesByFile.get(identity) ?? [])),
    }
  }

  private async lookInto(pid: number): Promise<Member> {
    const life = {
      start: startOfProcess(pid),
      program: programOfProcess(pid),
      namespace: mountNamespaceOf(pid),
    }
    const found = await processFiles(pid).catch((error: unknown) => {
      // It has ended meanwhile, or belongs to someone else.
      if (error instanceof BridgeError) return []
      throw error
    })
    const [program] = found
    const files = new Map<string, TargetFile>()
    for (const file of this.wanted.size > 0 ? found : found.slice(0, 1)) {
      const identity = await fileIdentity(file.readPath)
      if (this.wanted.size === 0 || (await this.probesOf(identity, file)).length > 0)
        files.set(identity, file)
    }
    const programs =
      program && files.size > 0 ? [[await fileIdentity(program.readPath), program] as const] : []
    return { ...life, files, programs: new Map(programs) }
  }

  private async probesOf(identity: string, file: TargetFile): Promise<readonly string[]> {
    const known = this.probesByFile.get(identity)
    if (known) return known
    const { files } = await takeInventory([{ files: [file] }])
    const names = files.flatMap(({ probes }) => probes.map(({ provider, name }) => `${provider}:${name}`))
    const probes = names.filter((name) => this.wanted.has(name))
    this.probesByFile.set(identity, probes)
    return probes
  }
}

function mountNamespaceOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}/ns/mnt`).ino
  } catch {
    return undefined
  }
}
