// A file to the USDT probes that it has: the front of this folder. A file that is malformed, no ELF file or not
// readable is a result with a reason, never an exception.
import { Malformed, withFile, type ByteSource } from './bytes.ts'
import { readNotes, type UsdtProbe } from './notes.ts'
import { noteRegions, readRegion } from './regions.ts'

export type UsdtReading =
  /** `bits`: the width of the program's own addresses. */
  | { ok: true; bits: 32 | 64; probes: UsdtProbe[] }
  /** `unreadable` carries the system's code (or "no regular file") as `detail`, `not_elf` how the file begins, `malformed` what is wrong. */
  | { ok: false; reason: 'unreadable' | 'not_elf' | 'malformed'; detail: string }

/** Far more than any program has: the JVM's 531 probes take 60 kB. */
const notesBytesMax = 64 * 1024 * 1024
const shownBeginningBytes = 64

/** Reads the headers and note sections of a file. Probes in the order of the file. Never rejects. */
export async function readUsdtFile(path: string): Promise<UsdtReading> {
  return withFile(path, readUsdtProbes).catch((error: NodeJS.ErrnoException): UsdtReading => {
    if (error.code === undefined) throw error
    return { ok: false, reason: 'unreadable', detail: error.code }
  })
}

/** Rejects only where the source does. */
export async function readUsdtProbes(source: ByteSource): Promise<UsdtReading> {
  try {
    const regions = await noteRegions(source)
    if (!regions) return { ok: false, reason: 'not_elf', detail: await beginning(source) }
    const { layout, notes, base } = regions
    const sizeBytes = notes.reduce((sum, region) => sum + region.sizeBytes, 0)
    if (sizeBytes > notesBytesMax) throw new Malformed(`notes of ${sizeBytes} bytes`)
    const probes: UsdtProbe[] = []
    for (const region of notes) probes.push(...readNotes(await readRegion(source, region), layout, base))
    return { ok: true, bits: layout.bits, probes }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { ok: false, reason: 'malformed', detail: error.message }
  }
}

/** The first line, for a script's `#!`. */
async function beginning(source: ByteSource): Promise<string> {
  const bytes = await source.read(0, shownBeginningBytes)
  return (
    bytes
      .toString('latin1')
      .split('\n', 1)[0]
      ?.replace(/[^ -~]/g, '.') ?? ''
  )
}
