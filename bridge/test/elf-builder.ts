// Probes to the bytes of an ELF file that has them, of any width and byte order: the inverse of src/elf, for its tests.
import type { Layout } from '../src/elf/bytes.ts'

export type BuiltProbe = {
  location: bigint
  base: bigint
  semaphore: bigint
  provider: string
  name: string
  args: string
}

export type BuildOptions = {
  layout: Layout
  /** Without section headers: the notes are reached by a program header. */
  stripped?: boolean
  /** Address of `.stapsdt.base`. */
  base?: bigint
  /** Count and names' index of the sections stand in the first section, as for more than 16 bits can count. */
  extendedNumbers?: boolean
}

export function buildElf(probes: readonly BuiltProbe[], options: BuildOptions): Buffer {
  const { layout } = options
  const notes = Buffer.concat([
    note(layout, 'GNU', 3, Buffer.from('build')),
    ...probes.map((probe) => note(layout, 'stapsdt', 3, probeBody(layout, probe))),
  ])
  const names = Buffer.from('\0.note.stapsdt\0.stapsdt.base\0.shstrtab\0')
  const nameAt = (name: string): number => names.indexOf(`\0${name}\0`) + 1
  const wide = layout.bits === 64
  const headerBytes = wide ? 64 : 52
  const notesAt = headerBytes
  const namesAt = notesAt + notes.length
  const tableAt = namesAt + names.length
  const count = 4
  const first = options.extendedNumbers ? { sizeBytes: count, link: 3 } : {}
  const table = options.stripped
    ? programHeader(layout, notesAt, notes.length)
    : Buffer.concat([
        section(layout, first),
        section(layout, { name: nameAt('.note.stapsdt'), type: 7, offset: notesAt, sizeBytes: notes.length }),
        section(layout, { name: nameAt('.stapsdt.base'), type: 1, address: options.base ?? 0n }),
        section(layout, { name: nameAt('.shstrtab'), type: 3, offset: namesAt, sizeBytes: names.length }),
      ])
  const identification = Buffer.alloc(16)
  identification.write('\x7fELF', 'latin1')
  identification.set([wide ? 2 : 1, layout.littleEndian ? 1 : 2, 1], 4)
  const header = Buffer.concat([
    identification,
    half(layout, 3),
    half(layout, 62),
    word(layout, 1),
    address(layout, 0n),
    address(layout, options.stripped ? BigInt(tableAt) : 0n),
    address(layout, options.stripped ? 0n : BigInt(tableAt)),
    word(layout, 0),
    half(layout, headerBytes),
    half(layout, wide ? 56 : 32),
    half(layout, options.stripped ? 1 : 0),
    half(layout, wide ? 64 : 40),
    half(layout, options.stripped || options.extendedNumbers ? 0 : count),
    half(layout, options.extendedNumbers ? 0xffff : 3),
  ])
  return Buffer.concat([header, notes, names, table])
}

function probeBody(layout: Layout, { location, base, semaphore, provider, name, args }: BuiltProbe): Buffer {
  const addresses = [location, base, semaphore].map((value) => address(layout, value))
  return Buffer.concat([...addresses, Buffer.from(`${provider}\0${name}\0${args}\0`)])
}

function note(layout: Layout, owner: string, type: number, body: Buffer): Buffer {
  const name = Buffer.from(`${owner}\0`)
  const head = [word(layout, name.length), word(layout, body.length), word(layout, type)]
  return Buffer.concat([...head, padded(name), padded(body)])
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])

type Section = {
  name?: number
  type?: number
  address?: bigint
  offset?: number
  sizeBytes?: number
  link?: number
}

function section(layout: Layout, from: Section): Buffer {
  return Buffer.concat([
    word(layout, from.name ?? 0),
    word(layout, from.type ?? 0),
    address(layout, 0n),
    address(layout, from.address ?? 0n),
    address(layout, BigInt(from.offset ?? 0)),
    address(layout, BigInt(from.sizeBytes ?? 0)),
    word(layout, from.link ?? 0),
    word(layout, 0),
    address(layout, 0n),
    address(layout, 0n),
  ])
}

function programHeader(layout: Layout, offset: number, sizeBytes: number): Buffer {
  const [type, flags] = [word(layout, 4), word(layout, 4)]
  const middle = [BigInt(offset), 0n, 0n, BigInt(sizeBytes), BigInt(sizeBytes)].map((value) =>
    address(layout, value),
  )
  return layout.bits === 64
    ? Buffer.concat([type, flags, ...middle, address(layout, 4n)])
    : Buffer.concat([type, ...middle, flags, address(layout, 4n)])
}

function half(layout: Layout, value: number): Buffer {
  const bytes = Buffer.alloc(2)
  if (layout.littleEndian) bytes.writeUInt16LE(value)
  else bytes.writeUInt16BE(value)
  return bytes
}

function word(layout: Layout, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  if (layout.littleEndian) bytes.writeUInt32LE(value)
  else bytes.writeUInt32BE(value)
  return bytes
}

function address(layout: Layout, value: bigint): Buffer {
  if (layout.bits === 32) return word(layout, Number(value))
  const bytes = Buffer.alloc(8)
  if (layout.littleEndian) bytes.writeBigUInt64LE(value)
  else bytes.writeBigUInt64BE(value)
  return bytes
}
