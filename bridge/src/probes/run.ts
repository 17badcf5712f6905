// `probespan probes`: flags in, an exit code out. The table, JSON or definition goes to stdout (or a file), remarks
// and errors to stderr.
import { writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { schemaFrom } from '../definition/pack-file.ts'
import { BridgeError } from '../errors.ts'
import { selectTargets } from '../target/select.ts'
import { readSelection, selectionText, type TargetFlags, type TargetSelection } from '../target/target.ts'
import { takeInventory, type FileProbes, type Inventory } from './inventory.ts'
import { nothingFound, refusalText } from './refusal.ts'
import { identifierForm, starterDefinition } from './starter.ts'
import { probesJson, probeTable } from './table.ts'

export type ProbesFlags = TargetFlags & {
  /** Glob of providers. */
  provider?: string
  json?: boolean
  /** True without a name. */
  init?: string | true
  out?: string
}

const remarksMax = 5
const say = (text: string): void => void process.stderr.write(`probespan probes: ${text}\n`)

/** Never rejects for an operational error: it is told, and its exit code answered. */
export async function runProbes(flags: ProbesFlags): Promise<number> {
  try {
    const selection = readFlags(flags)
    const inventory = await takeInventory(await selectTargets(selection))
    const files = ofProvider(inventory, flags.provider)
    if (files.length === 0) {
      const providers = inventory.files.flatMap(({ probes }) => probes.map((probe) => probe.provider))
      throw nothingFound(inventory, selectionText(selection), flags.provider, [...new Set(providers)])
    }
    remark(inventory)
    if (flags.init !== undefined) await writeStarter(files, selection, flags)
    else process.stdout.write(`${flags.json === true ? probesJson(files) : probeTable(files)}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    say(`${error.code}: ${error.message}`)
    return error.exitCode
  }
}

function readFlags(flags: ProbesFlags): TargetSelection {
  const selection = readSelection(flags)
  const mistakes: string[] = []
  if (!selection) mistakes.push('whose probes? Give --pid PID, --exe PATH or --container NAME')
  if (flags.json === true && flags.init !== undefined) mistakes.push('--json and --init exclude each other')
  if (flags.out !== undefined && flags.init === undefined)
    mistakes.push('--out is where --init writes to: give both')
  if (typeof flags.init === 'string' && !identifierForm.test(flags.init)) {
    mistakes.push(`--init is "${flags.init}": give a name of a-z, 0-9, _ and -, at most 31 characters`)
  }
  if (selection && mistakes.length === 0) return selection
  throw new BridgeError('config_invalid', mistakes.join('\n'))
}

function ofProvider({ files }: Inventory, provider: string | undefined): FileProbes[] {
  if (provider === undefined) return files
  const pattern = globPattern(provider)
  return files
    .map(({ file, probes }) => ({ file, probes: probes.filter((probe) => pattern.test(probe.provider)) }))
    .filter(({ probes }) => probes.length > 0)
}

/** `*` and `?` stand for characters, everything else for itself. */
export function globPattern(glob: string): RegExp {
  const text = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${text}$`, 's')
}

function remark({ refusals }: Inventory): void {
  for (const refusal of refusals.slice(0, remarksMax)) say(refusalText(refusal))
  if (refusals.length > remarksMax) say(`${refusals.length - remarksMax} more files could not be read`)
}

async function writeStarter(
  files: FileProbes[],
  selection: TargetSelection,
  flags: ProbesFlags,
): Promise<void> {
  const starter = starterDefinition(files, {
    ...(typeof flags.init === 'string' && { name: flags.init }),
    target: selection,
    ...(flags.out !== undefined && { path: flags.out }),
    schema: schemaFrom(dirname(resolve(flags.out ?? 'x'))),
  })
  if (!starter) {
    throw new BridgeError(
      'probe_missing',
      `${selectionText(selection)} has probes, but no two whose names look like a start and an end: list them without --init and write the definition by hand (scripts-bt/README.md)`,
    )
  }
  if (starter.otherProviders.length > 0) {
    say(
      `other providers with pairs, each a definition of its own (--provider): ${starter.otherProviders.join(', ')}`,
    )
  }
  if (flags.out === undefined) {
    process.stdout.write(starter.text)
    return
  }
  await writeFile(flags.out, starter.text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'EEXIST'
        ? 'it exists, and is not overwritten: name another file'
        : `${error.code}: name a file that can be written`
    throw new BridgeError('config_invalid', `cannot write ${flags.out}: ${why}`)
  })
  say(`wrote ${flags.out}: its first lines say what to fill in, and how to run it`)
}
