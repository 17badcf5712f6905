// A pid to the resource of the spans that its process fired, as /proc tells. A process that is already gone still
// has its pid and the names that were configured.
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import { bridgeName, bridgeVersion } from '../version.ts'

/**
 * Reads /proc/`pid`. `attributes` win over what is found, `service.name` among them; without one the executable's
 * name is the service's.
 */
export async function processResource(
  pid: number,
  attributes: Readonly<Record<string, string>>,
): Promise<Resource> {
  const link = await readlink(`/proc/${pid}/exe`).catch(() => undefined)
  // What the kernel appends when the file was replaced by a newer one.
  const executable = link?.replace(/ \(deleted\)$/, '')
  const name = executable && basename(executable)
  const container = await containerIdOf(pid)
  return resourceFromAttributes({
    'service.name': name ?? 'unknown_service',
    'host.name': await hostNameOf(pid),
    'process.pid': pid,
    ...(name !== undefined && { 'process.executable.name': name }),
    ...(executable !== undefined && { 'process.executable.path': executable }),
    ...(container !== undefined && { 'container.id': container }),
    'telemetry.distro.name': bridgeName,
    'telemetry.distro.version': bridgeVersion,
    ...attributes,
  })
}

/**
 * The name of the host that the process believes to be on: a bridge in a container of its own has another. There is no
 * way to ask for it in another UTS namespace, but engines write a container's into the file from which it is set.
 */
async function hostNameOf(pid: number): Promise<string> {
  const namespaceOf = (whose: number | 'self'): Promise<string | undefined> =>
    readlink(`/proc/${whose}/ns/uts`).catch(() => undefined)
  const theirs = await namespaceOf(pid)
  if (theirs === undefined || theirs === (await namespaceOf('self'))) return hostname()
  const written = await readFile(`/proc/${pid}/root/etc/hostname`, 'utf8').catch(() => '')
  return written.trim() || hostname()
}

/**
 * The container's id: from the control group's path (the last one: containers run in containers), or (inside a control group namespace, where that path is
 * only `/`) from where the engine keeps the files that it mounts over /etc/hosts and /etc/resolv.conf.
 */
async function containerIdOf(pid: number): Promise<string | undefined> {
  const read = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')
  return containerId(await read('cgroup'), await read('mountinfo'))
}

export function containerId(cgroup: string, mountinfo: string): string | undefined {
  const mounts = mountinfo.split('\n').filter((line) => / \/etc\/(hosts|hostname|resolv\.conf) /.test(line))
  const nested = cgroup.match(/[0-9a-f]{64}/g)
  return nested?.at(-1) ?? /containers\/([0-9a-f]{64})\//.exec(mounts.join('\n'))?.[1]
}
