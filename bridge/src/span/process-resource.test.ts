// What would break: spans of a container that cannot be told from those of another.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { containerId, processResource } from './process-resource.ts'

const id = 'c0ffee'.repeat(10) + 'abcd'
const other = '0123456789abcdef'.repeat(4)
const mount = (root: string, point: string): string =>
  `1540 1520 254:1 ${root} ${point} rw,relatime - ext4 /dev/vda1 rw`

test.each([
  ['Docker, cgroup v1', `12:memory:/docker/${id}\n1:name=systemd:/docker/${id}\n`, ''],
  ['Docker, cgroup v2 with systemd', `0::/system.slice/docker-${id}.scope\n`, ''],
  ['Podman', `0::/machine.slice/libpod-${id}.scope/container\n`, ''],
  ['Kubernetes', `0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-${id}.scope\n`, ''],
  ['Docker in Docker: the inner one', `0::/docker/${other}/docker/${id}\n`, ''],
  [
    'Docker, cgroup v2 with a namespace of its own',
    '0::/\n',
    `${mount('/', '/')}\n${mount(`/var/lib/docker/containers/${id}/resolv.conf`, '/etc/resolv.conf')}\n`,
  ],
  [
    'Podman, cgroup v2 with a namespace of its own',
    '0::/\n',
    mount(`/var/lib/containers/storage/overlay-containers/${id}/userdata/hosts`, '/etc/hosts'),
  ],
])('container id: %s', (_, cgroup, mountinfo) => {
  expect(containerId(cgroup, mountinfo)).toBe(id)
})

test.each([
  ['a process of the host', '0::/user.slice/user-0.slice/session-1.scope\n', mount('/', '/')],
  [
    'a mount of something else that has an id',
    '0::/\n',
    mount(`/var/lib/docker/containers/${id}/x`, '/data'),
  ],
  ['nothing readable', '', ''],
])('no container: %s', (_, cgroup, mountinfo) => {
  expect(containerId(cgroup, mountinfo)).toBeUndefined()
})

test('this process: its names, pid and host; configured attributes win', () => {
  const { attributes } = processResource(process.pid, { 'a.b': 'c', 'host.name': 'configured' })
  expect(attributes).toMatchObject({
    'service.name': basename(process.execPath),
    'process.pid': process.pid,
    'process.executable.name': basename(process.execPath),
    'process.executable.path': process.execPath,
    'host.name': 'configured',
    'telemetry.distro.name': 'probespan-bridge',
    'a.b': 'c',
  })
  expect(processResource(process.pid, {}).attributes['host.name']).toBe(hostname())
})

// Namespaces of its own for a name and for a file, as a container has them; making them needs root.
const unshare = [
  'unshare',
  '--uts',
  '--mount',
  'sh',
  '-c',
  'hostname shop-1 && echo shop-1 >$0 && mount --bind $0 /etc/hostname && echo ready && exec sleep 60',
]
const cannotUnshare = process.getuid?.() !== 0 && process.env.CI !== 'true'
if (cannotUnshare) process.stderr.write('SKIPPED: a process with a host name of its own needs root\n')

test.skipIf(cannotUnshare)("a process in a container: its host name, not the bridge's", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-host-'))
  const [program = '', ...args] = unshare
  const child = spawn(program, [...args, join(folder, 'hostname')], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    const { attributes } = processResource(child.pid ?? 0, {})
    expect(attributes['host.name']).toBe('shop-1')
    expect(attributes['host.name']).not.toBe(hostname())
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
})

test('a process that is gone still has its pid and a name', () => {
  const { attributes } = processResource(4_194_303, {})
  expect(attributes).toMatchObject({ 'service.name': 'unknown_service', 'process.pid': 4_194_303 })
  expect(processResource(4_194_303, { 'service.name': 'shop' }).attributes['service.name']).toBe('shop')
})

test('of files instead of a process: their program, and no pid that would be a guess', () => {
  const { attributes } = processResource(undefined, {}, '/opt/shop/bin/shop')
  expect(attributes).toMatchObject({
    'service.name': 'shop',
    'process.executable.path': '/opt/shop/bin/shop',
  })
  expect(attributes).not.toHaveProperty('process.pid')
})
