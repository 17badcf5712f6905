// The files of a target to what probes they have: places of one probe brought together, each argument's type named.
import type { UsdtArgument } from '../elf/arguments.ts'
import type { UsdtProbe } from '../elf/notes.ts'
import { readUsdtFile, type UsdtReading } from '../elf/usdt.ts'
import { fileIdentity } from '../target/file-identity.ts'
import type { Target, TargetFile } from '../target/target.ts'

export type ProbeArgument = UsdtArgument & {
  /** `i32`, `u64/ptr` … (a pointer cannot be told from an unsigned integer of its size); `?` where places differ. */
  type: string
}

export type ProbeSummary = {
  provider: string
  name: string
  arguments: ProbeArgument[]
  /** The program counts who listens: bpftrace must reach that counter. */
  semaphore: boolean
  /** Where the compiler put it: more than one where it was inlined. */
  places: number
}

export type FileProbes = { file: TargetFile; probes: ProbeSummary[] }
export type FileRefusal = { file: TargetFile; reading: UsdtReading & { ok: false } }
export type Inventory = {
  /** Files with probes. */
  files: FileProbes[]
  /** Files that could not be read as ELF files. */
  refusals: FileRefusal[]
  /** How many files were looked into. */
  filesRead: number
}

/** Reads every file of the targets once, whichever processes have it, and by whichever path. */
export async function takeInventory(targets: readonly Target[]): Promise<Inventory> {
  const inventory: Inventory = { files: [], refusals: [], filesRead: 0 }
  const seen = new Set<string>()
  for (const file of targets.flatMap((target) => target.files)) {
    const identity = await fileIdentity(file.readPath)
    if (seen.has(identity)) continue
    seen.add(identity)
    inventory.filesRead += 1
    const reading = await readUsdtFile(file.readPath)
    if (!reading.ok) inventory.refusals.push({ file, reading })
    else if (reading.probes.length > 0) {
      inventory.files.push({ file, probes: summaries(reading.probes, reading.bits) })
    }
  }
  return inventory
}

/** One summary a provider and name, by name. */
export function summaries(probes: readonly UsdtProbe[], bits: 32 | 64): ProbeSummary[] {
  const byName = new Map<string, ProbeSummary>()
  for (const probe of probes) {
    const key = `${probe.provider}:${probe.name}`
    const args = probe.arguments.map((argument) => ({ ...argument, type: typeOf(argument, bits) }))
    const known = byName.get(key)
    const summary = known ?? {
      provider: probe.provider,
      name: probe.name,
      arguments: args,
      semaphore: false,
      places: 0,
    }
    summary.places += 1
    summary.semaphore ||= probe.semaphore !== undefined
    if (known) summary.arguments = merged(known.arguments, args)
    byName.set(key, summary)
  }
  const order = ({ provider, name }: ProbeSummary): string => `${provider}\0${name}`
  return [...byName.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1))
}

/** The compiler may pass a constant in one place and a wider register in another: then the type is not known. */
function merged(first: ProbeArgument[], second: ProbeArgument[]): ProbeArgument[] {
  const longer = first.length >= second.length ? first : second
  return longer.map((argument, at) =>
    first[at]?.type === second[at]?.type ? argument : { ...argument, type: '?' },
  )
}

export function typeOf({ bytes, signed, float }: UsdtArgument, bits: 32 | 64): string {
  if (bytes === undefined || ![1, 2, 4, 8].includes(bytes)) return '?'
  if (float) return `f${bytes * 8}`
  if (signed) return `i${bytes * 8}`
  return bytes * 8 === bits ? `u${bits}/ptr` : `u${bytes * 8}`
}
