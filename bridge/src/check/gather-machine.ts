// The facts of this machine, read from /proc and /sys. What cannot be read is absent; nothing is changed.
import { access, constants, readdir, readFile } from 'node:fs/promises'
import { release } from 'node:os'
import type { MachineFacts } from './facts.ts'

const uprobeEvents = '/sys/bus/event_source/devices/uprobe'

export async function gatherMachine(): Promise<MachineFacts> {
  const [uprobes, semaphores, eventSources, btf, mounts, lockdown, status, userMap] = await Promise.all([
    readable(uprobeEvents),
    readable(`${uprobeEvents}/format/ref_ctr_offset`),
    readable('/sys/bus/event_source/devices'),
    readable('/sys/kernel/btf/vmlinux'),
    text('/proc/self/mounts'),
    text('/sys/kernel/security/lockdown'),
    text('/proc/self/status'),
    text('/proc/self/uid_map'),
  ])
  const capabilities = capabilitiesOf(status ?? '')
  return {
    platform: process.platform,
    release: release(),
    ...(uprobes && { uprobes: { semaphores } }),
    eventSources,
    btf,
    tracefs: await Promise.all(
      tracefsMounts(mounts ?? '').map(async (path) => ({ path, readable: await lists(path) })),
    ),
    ...(lockdown !== undefined && { lockdown: lockdown.trim() }),
    userId: process.geteuid?.() ?? -1,
    ...(capabilities && { capabilities }),
    inUserNamespace: userMap !== undefined && isUserNamespace(userMap),
  }
}

/** Where /proc/self/mounts says that tracefs is. */
export function tracefsMounts(mounts: string): string[] {
  return mounts.split('\n').flatMap((line) => {
    const [, path, type] = line.split(' ')
    return path !== undefined && type === 'tracefs' ? [path] : []
  })
}

/** The set bits of CapEff in /proc/self/status. */
export function capabilitiesOf(status: string): Set<number> | undefined {
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  if (digits === undefined) return undefined
  const bits = BigInt(`0x${digits}`)
  return new Set(
    Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((bits >> BigInt(bit)) & 1n) === 1n),
  )
}

/** The first user namespace maps every user to itself. */
export function isUserNamespace(userMap: string): boolean {
  return userMap.trim().split(/\s+/).join(' ') !== '0 0 4294967295'
}

async function text(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function readable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}

async function lists(path: string): Promise<boolean> {
  return readdir(path).then(
    (entries) => entries.length > 0,
    () => false,
  )
}
