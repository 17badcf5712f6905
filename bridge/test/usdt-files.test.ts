// What would break: probes of real programs that are listed otherwise than their own notes have them, or a library of
// many megabytes that is read whole. binutils' readelf is the second opinion.
import { execFileSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { withFile } from '../src/elf/bytes.ts'
import { readUsdtFile, readUsdtProbes } from '../src/elf/usdt.ts'
import { probesOf } from '../src/definition/definition.ts'
import { parseDefinition } from '../src/definition/load.ts'
import { takeInventory } from '../src/probes/inventory.ts'
import { starterDefinition } from '../src/probes/starter.ts'
import { selectTargets } from '../src/target/select.ts'

const addon = fileURLToPath(new URL('../../usdt-demo/build/probes.node', import.meta.url))
const real = [
  addon,
  '/usr/bin/python3.11',
  ...globSync('/usr/lib/postgresql/*/bin/postgres'),
  ...globSync('/usr/lib/jvm/*/lib/server/libjvm.so').slice(0, 1),
]
const present = real.filter((path) => existsSync(path))
for (const path of real.filter((path) => !existsSync(path))) console.warn(`SKIPPED: there is no ${path}`)

const readelf = (path: string): string | undefined => {
  try {
    return execFileSync('readelf', ['--notes', '--wide', path], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  } catch {
    return undefined
  }
}

test('there is a real file to read', () => {
  expect(present).not.toEqual([])
})

test.each(present)('%s has the probes that readelf tells', async (path) => {
  const notes = readelf(path)
  if (notes === undefined) return console.warn('SKIPPED: there is no readelf')
  const pattern =
    /Provider: (.*)\n\s+Name: (.*)\n\s+Location: 0x(\w+), Base: 0x\w+, Semaphore: 0x(\w+)\n\s+Arguments: (.*)/g
  const expected = [...notes.matchAll(pattern)].map(([, provider, name, location, semaphore, args = '']) => ({
    provider,
    name,
    location: BigInt(`0x${location}`),
    semaphore: BigInt(`0x${semaphore}`),
    args: args.trim(),
  }))
  expect(expected.length).toBeGreaterThan(0)
  const reading = await readUsdtFile(path)
  const found = reading.ok ? reading.probes : []
  expect(
    found.map(({ provider, name, location, semaphore, arguments: list }) => ({
      provider,
      name,
      location,
      semaphore: semaphore ?? 0n,
      args: list
        .map(
          ({ bytes, signed, float, operand }) => `${signed ? '-' : ''}${bytes}${float ? 'f' : ''}@${operand}`,
        )
        .join(' '),
    })),
  ).toEqual(expected)
})

test.each(present)('of %s only headers and notes are read', async (path) => {
  let bytesRead = 0
  const sizeBytes = await withFile(path, async (source) => {
    const reading = await readUsdtProbes({
      ...source,
      read: async (position, lengthBytes) => {
        bytesRead += lengthBytes
        return source.read(position, lengthBytes)
      },
    })
    expect(reading.ok).toBe(true)
    return source.sizeBytes
  })
  expect(bytesRead).toBeLessThan(Math.min(256 * 1024, sizeBytes))
})

test.each(present)('a definition to start from is found in %s, and loads', async (path) => {
  const inventory = await takeInventory(await selectTargets({ kind: 'executable', pattern: path }))
  const starter = starterDefinition(inventory.files, {})
  const definition = parseDefinition(starter?.text ?? '', 'starter.yaml')
  const names = new Set(inventory.files.flatMap(({ probes }) => probes.map(({ name }) => name)))
  expect(definition.spans.size).toBeGreaterThan(1)
  for (const probe of probesOf(definition)) expect([...names]).toContain(probe.kind === 'usdt' && probe.name)
})
