// What would break: probes of a program that are there and not listed, with wrong places or counters, or a damaged
// file that ends the bridge.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildElf, type BuiltProbe } from '../../test/elf-builder.ts'
import { memorySource, type ByteSource, type Layout } from './bytes.ts'
import { readUsdtFile, readUsdtProbes } from './usdt.ts'

const layouts: Layout[] = [
  { bits: 64, littleEndian: true },
  { bits: 64, littleEndian: false },
  { bits: 32, littleEndian: true },
  { bits: 32, littleEndian: false },
]
const probe: BuiltProbe = {
  location: 0x1234n,
  base: 0x8000n,
  semaphore: 0x9000n,
  provider: 'shop',
  name: 'order_start',
  args: '8@%rdi -4@-16(%rbp)',
}
const read = (bytes: Buffer) => readUsdtProbes(memorySource(bytes))

const layoutArbitrary = fc.constantFrom(...layouts)
const text = fc.string({ unit: fc.constantFrom('a', 'b', '_', 'X', '0', 'é'), minLength: 1, maxLength: 20 })
const address = fc.bigInt({ min: 1n, max: 0xffff_ffffn })
const probesArbitrary = fc.array(
  fc.record({
    location: address,
    base: fc.constant(0n),
    semaphore: fc.oneof(fc.constant(0n), address),
    provider: text,
    name: text,
    args: fc.constantFrom('', '8@%rdi', '-4@$5 8@x0'),
  }),
  { maxLength: 6 },
)

test.each(layouts)(
  'every probe is read as it was written: $bits bits, little endian $littleEndian',
  async (layout) => {
    await fc.assert(
      fc.asyncProperty(probesArbitrary, fc.boolean(), async (probes, stripped) => {
        const reading = await read(buildElf(probes, { layout, stripped }))
        expect(reading).toMatchObject({ ok: true, bits: layout.bits })
        const found = reading.ok ? reading.probes : []
        expect(
          found.map(({ location, semaphore, provider, name }) => [location, semaphore, provider, name]),
        ).toEqual(
          probes.map((each) => [each.location, each.semaphore || undefined, each.provider, each.name]),
        )
      }),
      { numRuns: 50 },
    )
  },
)

test('where a file was moved after it was linked, places and counters move along', async () => {
  const reading = await read(buildElf([probe], { layout: layouts[0]!, base: 0x8100n }))
  expect(reading).toMatchObject({ probes: [{ location: 0x1334n, semaphore: 0x9100n }] })
  const back = await read(buildElf([{ ...probe, base: 0x8200n }], { layout: layouts[0]!, base: 0x8100n }))
  expect(back).toMatchObject({ probes: [{ location: 0x1134n, semaphore: 0x8f00n }] })
})

test('more sections than 16 bits can count are counted elsewhere', async () => {
  const reading = await read(buildElf([probe], { layout: layouts[0]!, extendedNumbers: true }))
  expect(reading).toMatchObject({ ok: true, probes: [{ name: 'order_start' }] })
})

test('a file with changed, missing or added bytes is read or refused with a reason, and never more is read than it has', async () => {
  const edits = fc.array(fc.record({ at: fc.nat(600), byte: fc.nat(255) }), { minLength: 1, maxLength: 8 })
  const outcomes = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      layoutArbitrary,
      fc.boolean(),
      edits,
      fc.nat(700),
      async (layout, stripped, changes, length) => {
        const whole = buildElf([probe, { ...probe, name: 'order_end' }], { layout, stripped })
        for (const { at, byte } of changes) whole[at % whole.length] = byte
        const bytes = whole.subarray(0, length)
        const source: ByteSource = {
          sizeBytes: bytes.length,
          read: async (position, lengthBytes) => {
            expect(lengthBytes).toBeLessThanOrEqual(Math.max(64, bytes.length))
            return bytes.subarray(position, position + lengthBytes)
          },
        }
        const reading = await readUsdtProbes(source)
        outcomes.add(reading.ok ? 'ok' : reading.reason)
      },
    ),
    { numRuns: 2000 },
  )
  expect([...outcomes].sort()).toEqual(['malformed', 'not_elf', 'ok'])
})

test('any bytes behind the magic are refused or read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const reading = await read(Buffer.concat([Buffer.from('\x7fELF'), bytes]))
      expect(reading.ok || reading.reason === 'malformed').toBe(true)
    }),
  )
})

test.each([
  ['nothing at all', Buffer.alloc(0), { reason: 'not_elf', detail: '' }],
  ['a script', Buffer.from('#!/bin/sh\nexit\n'), { reason: 'not_elf', detail: '#!/bin/sh' }],
  ['the magic alone', Buffer.from('\x7fELF'), { reason: 'malformed' }],
  [
    'an unknown class',
    Buffer.from('\x7fELF\x07\x01'),
    { reason: 'malformed', detail: 'class 7 or byte order 1 is unknown' },
  ],
])('%s is refused, saying why', async (_, bytes, expected) => {
  expect(await read(bytes)).toMatchObject({ ok: false, ...expected })
})

test('a table of sections that claims more than the file has is refused before it is read', async () => {
  const bytes = buildElf([probe], { layout: layouts[0]! })
  bytes.writeUInt16LE(0xfff0, 60)
  const reading = await read(bytes)
  expect(reading).toMatchObject({
    ok: false,
    reason: 'malformed',
    detail: expect.stringContaining('are needed'),
  })
})

test.each([
  ['/nowhere/x', 'ENOENT'],
  ['/tmp', 'no regular file'],
  ['/dev/null', 'no regular file'],
])('%s cannot be read: %s', async (path, detail) => {
  expect(await readUsdtFile(path)).toEqual({ ok: false, reason: 'unreadable', detail })
})
