// A container's id to the pids of its processes, as /proc tells: no engine is asked. Bound: the processes of this pid
// namespace.
import { readFile, readdir } from 'node:fs/promises'
import { containerId } from '../span/process-resource.ts'

/** Digits that are taken for an id; engines show the first twelve of 64. */
export const idForm = /^[0-9a-f]{12,64}$/

/** The pids whose innermost container's id begins so, ascending. A process that may not be looked into is passed over. */
export async function containerPids(id: string): Promise<number[]> {
  const entries = await readdir('/proc')
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number)
  const found: number[] = []
  for (const pid of pids) {
    const read = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')
    if (containerId(await read('cgroup'), await read('mountinfo'))?.startsWith(id)) found.push(pid)
  }
  return found.sort((a, b) => a - b)
}
