// A pid to the resource of the spans that its process fired, as /proc tells. A process that is already gone still
// has its pid and the names that were configured.
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import { bridgeName, bridgeVersion } from '../version.ts'

/**
 * Reads /proc/`pid`, at once: the process may end any moment. `attributes` win over what is found, `service.name` among
 * them; without one the executable's name is the service's. `executable` stands in where /proc does not tell. Without a
 * pid it is the resource of a program, whichever process ran it.
 */
export function processResource(
  pid: number | undefined,
  attributes: Readonly<Record<string, string>>,
  executable?: string,
): Resource {
  const link = pid === undefined ? undefined : linkOf(`/proc/${pid}/exe`)
  // What the kernel appends when the file was replaced by a newer one.
  const path = link?.replace(/ \(deleted\)$/, '') ?? executable
  const name = path && basename(path)
  const container = pid === undefined ? undefined : containerIdOf(pid)
  return resourceFromAttributes({
    'service.name': name ?? 'unknown_service',
    'host.name': pid === undefined ? hostname() : hostNameOf(pid),
    ...(pid !== undefined && { 'process.pid': pid }),
    ...(name !== undefined && { 'process.executable.name': name }),
    ...(path !== undefined && { 'process.executable.path': path }),
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
function hostNameOf(pid: number): string {
  const theirs = linkOf(`/proc/${pid}/ns/uts`)
  if (theirs === undefined || theirs === linkOf('/proc/self/ns/uts')) return hostname()
  return textOf(`/proc/${pid}/root/etc/hostname`).trim() || hostname()
}

/**
 * The container's id: from the control group's path (the last one: containers run in containers), or (inside a control group namespace, where that path is
 * only `/`) from where the engine keeps the files that it mounts over /etc/hosts and /etc/resolv.conf.
 */
function containerIdOf(pid: number): string | undefined {
  return containerId(textOf(`/proc/${pid}/cgroup`), textOf(`/proc/${pid}/mountinfo`))
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

export function containerId(cgroup: string, mountinfo: string): string | undefined {
  const mounts = mountinfo.split('\n').filter((line) => / \/etc\/(hosts|hostname|resolv\.conf) /.test(line))
  const nested = cgroup.match(/[0-9a-f]{64}/g)
  return nested?.at(-1) ?? /containers\/([0-9a-f]{64})\//.exec(mounts.join('\n'))?.[1]
}
