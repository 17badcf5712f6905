// What would break: a compile at every start, or a machine without compiler or headers that is not told what to install.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { loadAddon } from '../src/addon.ts'
import { buildAddon } from '../src/build-addon.ts'

const aptCommand = 'apt-get install gcc libc6-dev systemtap-sdt-dev'
const require = createRequire(import.meta.url)
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'probespan-build-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('what is current is not compiled again; what is not is, and is loadable', async () => {
  const path = join(folder, 'probes.node')
  expect(await buildAddon({ folder })).toEqual({ path, built: true })
  expect(await buildAddon({ folder })).toEqual({ path, built: false })
  const stampPath = join(folder, 'probes.stamp.json')
  const stamp = await readFile(stampPath, 'utf8')
  for (const [from, to] of [
    [/"sourceSha256":"./, '"sourceSha256":"x'],
    [/-O2/, '-O3'],
    [/"headersVersion":"/, '"headersVersion":"0.'],
  ] as const) {
    const outdated = stamp.replace(from, to)
    expect(outdated).not.toBe(stamp)
    await writeFile(stampPath, outdated)
    expect(await buildAddon({ folder })).toEqual({ path, built: true })
  }
  expect(loadAddon(path).realtimeOffsetNs()).toBeGreaterThan(0n)
})

test('builds at the same time do not get into each other', async () => {
  const results = await Promise.all(Array.from({ length: 3 }, () => buildAddon({ folder })))
  expect(results.map(({ built }) => built)).toContain(true)
  expect((await readdir(folder)).sort()).toEqual(['probes.node', 'probes.stamp.json'])
  expect((await buildAddon({ folder })).built).toBe(false)
})

test('without a compiler the message says what to install, and nothing half built is left', async () => {
  await expect(buildAddon({ folder, env: { PATH: folder } })).rejects.toThrow(
    `No C compiler: \`cc\` was not found. Run as root: ${aptCommand}`,
  )
  expect(await readdir(folder)).toEqual([])
})

test('without system headers the message names the first one missing and says what to install', async () => {
  const compiler = ['/usr/bin', '/usr/local/bin'].map((bin) => join(bin, 'cc')).find(existsSync)
  await writeFile(join(folder, 'cc'), `#!/bin/sh\nexec ${compiler} -nostdinc "$@"\n`, { mode: 0o755 })
  await expect(buildAddon({ folder, env: { PATH: `${folder}:${process.env['PATH']}` } })).rejects.toThrow(
    `The C header stdbool.h is missing. Run as root: ${aptCommand}`,
  )
})

test('a shop whose probes were never built, or are no probes, says how to build them', async () => {
  const path = join(folder, 'probes.node')
  expect(() => loadAddon(path)).toThrow(/is missing\). Run: node .*build-addon-main\.ts$/)
  // Any other addon stands for one of an older version; this one has no functions.
  const source = join(folder, 'empty.c')
  await writeFile(source, '#include <node_api.h>\nNAPI_MODULE_INIT() { (void)env; return exports; }\n')
  const { include_dir: headers } = z.object({ include_dir: z.string() }).parse(require('node-api-headers'))
  await promisify(execFile)('cc', ['-shared', '-fPIC', '-I', headers, '-o', path, source])
  expect(() => loadAddon(path)).toThrow(/is not of this version\. Run: node .*build-addon-main\.ts$/)
})
