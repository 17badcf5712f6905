// An ELF file's headers to where its notes lie. By the section headers; in a file stripped of them by the program
// headers of type PT_NOTE, which hold the notes that are loaded (the linker's default does not load `.note.stapsdt`,
// so such a file rarely has probes left). Layout: System V ABI, "Object Files".
import { Cursor, Malformed, type ByteSource, type Layout } from './bytes.ts'

/** Files of huge links have tens of thousands of sections, and 64 bytes for each. */
const headersMax = 100_000
const namesBytesMax = 16 * 1024 * 1024
const sectionTypeNote = 7
const segmentTypeNote = 4

export type Region = { offset: number; sizeBytes: number }

export type NoteRegions = {
  layout: Layout
  notes: Region[]
  /** Address of `.stapsdt.base`: what the notes' own base is compared with. Absent in a stripped file. */
  base?: bigint
}

type Header = {
  layout: Layout
  segments: { offset: number; count: number; sizeBytes: number }
  sections: { offset: number; count: number; sizeBytes: number; namesIndex: number }
}

type Section = Region & { nameOffset: number; type: number; address: bigint; link: number }

/** Undefined: no ELF file. Throws `Malformed`. */
export async function noteRegions(source: ByteSource): Promise<NoteRegions | undefined> {
  const header = readHeader(await source.read(0, 64))
  if (!header) return undefined
  const sections = await readSections(source, header)
  if (sections.length === 0) return { layout: header.layout, notes: await noteSegments(source, header) }
  const named = await sectionNames(source, sections, header)
  const base = sections.find((section) => named(section, '.stapsdt.base'))?.address
  return {
    layout: header.layout,
    notes: sections.filter((section) => section.type === sectionTypeNote && named(section, '.note.stapsdt')),
    ...(base !== undefined && { base }),
  }
}

function readHeader(bytes: Buffer): Header | undefined {
  if (!bytes.subarray(0, 4).equals(Buffer.from('\x7fELF'))) return undefined
  const [bits, order] = [bytes[4], bytes[5]]
  if ((bits !== 1 && bits !== 2) || (order !== 1 && order !== 2)) {
    throw new Malformed(`class ${bits} or byte order ${order} is unknown`)
  }
  const layout: Layout = { bits: bits === 1 ? 32 : 64, littleEndian: order === 1 }
  const cursor = new Cursor(bytes, layout)
  // The identification, the type, the machine, the version and the entry address.
  cursor.slice(24)
  cursor.address()
  const [segmentsOffset, sectionsOffset] = [cursor.offset(), cursor.offset()]
  cursor.word()
  cursor.half()
  const [segmentBytes, segmentCount, sectionBytes, sectionCount, namesIndex] = [
    cursor.half(),
    cursor.half(),
    cursor.half(),
    cursor.half(),
    cursor.half(),
  ]
  return {
    layout,
    segments: { offset: segmentsOffset, count: segmentCount, sizeBytes: segmentBytes },
    sections: { offset: sectionsOffset, count: sectionCount, sizeBytes: sectionBytes, namesIndex },
  }
}

async function readSections(source: ByteSource, { sections, layout }: Header): Promise<Section[]> {
  if (sections.offset === 0) return []
  const read = async (from: number, count: number): Promise<Section[]> => {
    const at = sections.offset + from * sections.sizeBytes
    const entries = await readTable(source, { ...sections, offset: at, count })
    return entries.map((entry) => readSection(new Cursor(entry, layout)))
  }
  // More sections than 16 bits can count are counted in the first section's size.
  if (sections.count > 0) return read(0, sections.count)
  const [first] = await read(0, 1)
  return first ? [first, ...(await read(1, Math.max(0, first.sizeBytes - 1)))] : []
}

function readSection(cursor: Cursor): Section {
  const [nameOffset, type] = [cursor.word(), cursor.word()]
  cursor.address()
  const address = cursor.address()
  const [offset, sizeBytes] = [cursor.offset(), cursor.offset()]
  return { nameOffset, type, address, offset, sizeBytes, link: cursor.word() }
}

async function noteSegments(source: ByteSource, { segments, layout }: Header): Promise<Region[]> {
  const entries = await readTable(source, segments)
  return entries.flatMap((entry) => {
    const cursor = new Cursor(entry, layout)
    if (cursor.word() !== segmentTypeNote) return []
    if (layout.bits === 64) cursor.word()
    const offset = cursor.offset()
    cursor.address()
    cursor.address()
    return [{ offset, sizeBytes: cursor.offset() }]
  })
}

async function readTable(
  source: ByteSource,
  { offset, count, sizeBytes }: { offset: number; count: number; sizeBytes: number },
): Promise<Buffer[]> {
  if (count === 0) return []
  if (count > headersMax) throw new Malformed(`${count} headers are more than ${headersMax}`)
  const bytes = await readRegion(source, { offset, sizeBytes: count * sizeBytes })
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * sizeBytes, (at + 1) * sizeBytes))
}

/** Answers whether a section has a name. */
async function sectionNames(
  source: ByteSource,
  sections: readonly Section[],
  { sections: { namesIndex } }: Header,
): Promise<(section: Section, name: string) => boolean> {
  // An index beyond 16 bits stands in the first section's link.
  const names = sections[namesIndex === 0xffff ? (sections[0]?.link ?? 0) : namesIndex]
  if (!names)
    throw new Malformed(`the names of its sections are in a section ${namesIndex} that it does not have`)
  if (names.sizeBytes > namesBytesMax) throw new Malformed(`section names of ${names.sizeBytes} bytes`)
  const text = await readRegion(source, names)
  return ({ nameOffset }, name) => {
    const wanted = Buffer.from(`${name}\0`)
    return text.subarray(nameOffset, nameOffset + wanted.length).equals(wanted)
  }
}

/** All bytes of a region. Throws `Malformed` where the file ends before. */
export async function readRegion(source: ByteSource, { offset, sizeBytes }: Region): Promise<Buffer> {
  const end = offset + sizeBytes
  if (end > source.sizeBytes) throw new Malformed(`the file has ${source.sizeBytes} bytes, ${end} are needed`)
  const bytes = await source.read(offset, sizeBytes)
  if (bytes.length < sizeBytes) throw new Malformed('the file became shorter while it was read')
  return bytes
}
