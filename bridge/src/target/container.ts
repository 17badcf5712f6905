// A container's id to the pids of its processes, as /proc tells: no engine is asked. Bound: the processes of this pid
// namespace.
import { readFile, readdir } from 'node:fs/promises'
import { containerId } from '../span/process-resource.ts'

/** Digits that are taken for an id; engines show the first twelve of 64. */
export const idForm = /^[0-9a-f]{12,64}$/

/** The pids whose innermost container's id begins so, ascending. A process that may not be looked into is passed over. */
export async function containerPids(id: string): Promise<number[]> {
  return new ContainerMembers(id).pids()
}

/** The id of a process's innermost container, if it is in one and may be looked into. */
export async function containerOf(pid: number): Promise<string | undefined> {
  const read = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')
  return containerId(await read('cgroup'), await read('mountinfo'))
}

/** The same asked again and again: each process is looked into once, because none changes its container. */
export class ContainerMembers {
  private readonly id: string
  private known = new Map<number, boolean>()

  constructor(id: string) {
    this.id = id
  }

  async pids(): Promise<number[]> {
    const entries = await readdir('/proc')
    const known = new Map<number, boolean>()
    for (const pid of entries.filter((entry) => /^\d+$/.test(entry)).map(Number)) {
      known.set(pid, this.known.get(pid) ?? (await containerOf(pid))?.startsWith(this.id) === true)
    }
    this.known = known
    return [...known].flatMap(([pid, isMember]) => (isMember ? pid : [])).sort((a, b) => a - b)
  }
}
