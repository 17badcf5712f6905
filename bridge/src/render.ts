// `probespan render PACK`: a definition to the bpftrace program that the bridge would run, on stdout; remarks and errors
// to stderr. Nothing is run but `bpftrace --version`, where there is one: before 0.23 an event's strings may not fit.
import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { cpuBuffersOf } from './bpftrace/event-buffer.ts'
import { attachPath, bpftraceVersion } from './bpftrace/probes.ts'
import {
  lengthCountsZero,
  stringLengthVariable,
  versionText,
  type BpftraceVersion,
} from './bpftrace/version.ts'
import { probesOf, probeText, type Definition, type Probe } from './definition/definition.ts'
import { layoutsOf, tupleText } from './definition/layout.ts'
import { loadDefinition } from './definition/load.ts'
import { packPath } from './definition/pack-file.ts'
import { functionAttachPoint, renderProgram, stringBytesThatFit } from './definition/program.ts'
import { BridgeError } from './errors.ts'
import { takeInventory } from './probes/inventory.ts'
import { selectTargets } from './target/select.ts'
import {
  readSelection,
  selectionFlag,
  selectionText,
  type TargetFlags,
  type TargetSelection,
} from './target/target.ts'

export type RenderFlags = TargetFlags

const say = (text: string): void => void process.stderr.write(`probespan render: ${text}\n`)

/** Never rejects for an operational error: it is told, and its exit code answered. `pack` is a name or a file. */
export async function runRender(env: NodeJS.ProcessEnv, pack: string, flags: RenderFlags): Promise<number> {
  try {
    const path = packPath(pack)
    const definition = await loadDefinition(path)
    if (definition.script !== undefined) return await renderScript(definition, definition.script)
    const selection = readSelection(flags)
    const attachPoints = selection ? await pointsOf(definition, selection) : pointsOfAny
    const version = await bpftraceVersion(env.PROBESPAN_BPFTRACE || 'bpftrace').catch(() => undefined)
    const options = version && {
      lengthCountsZero: lengthCountsZero(version),
      cpuBuffers: cpuBuffersOf(version, cpus().length),
    }
    process.stdout.write(`${headOf(selection)}${renderProgram(definition, attachPoints, options)}`)
    return tellStringFit(version, definition, path)
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    say(`${error.code}: ${error.message}`)
    return error.exitCode
  }
}

/** A script is there already: with what its definition expects it to print. */
async function renderScript(definition: Definition, script: string): Promise<number> {
  const tuples = [...layoutsOf(definition).values()].map((layout) => `//   print(${tupleText(layout)});`)
  const head = `// ${script}, which is to print, in this order:\n${tuples.join('\n')}\n\n`
  process.stdout.write(head + (await readFile(script, 'utf8')))
  return 0
}

type AttachPoints = (probe: Probe) => readonly string[]

/** Without a target: in whatever process it is then run on. */
const pointsOfAny: AttachPoints = (probe) =>
  probe.kind === 'usdt'
    ? [`usdt:*:${probe.provider}:${probe.name}`]
    : [functionAttachPoint(probe, '/proc/PID/exe')]

function headOf(selection: TargetSelection | undefined): string {
  const options =
    selection?.kind === 'executable' ? '' : ` -p ${selection?.kind === 'pid' ? selection.pid : 'PID'}`
  return `// To try it: bpftrace -f json${options} FILE\n`
}

/** By the target's own files. Rejects with BridgeError `probe_missing`, naming every probe that they have not. */
async function pointsOf(definition: Definition, selection: TargetSelection): Promise<AttachPoints> {
  const targets = await selectTargets(selection)
  const { files } = await takeInventory(targets)
  const points = new Map<string, string[]>()
  for (const { file, probes } of files) {
    for (const { provider, name } of probes) {
      const text = `${provider}:${name}`
      points.set(text, [...(points.get(text) ?? []), `usdt:${attachPath(file.readPath)}:${text}`])
    }
  }
  const missing = probesOf(definition)
    .filter((probe) => probe.kind === 'usdt')
    .map(probeText)
    .filter((text) => !points.has(text))
  if (missing.length > 0) {
    const listing = `probespan probes ${selectionFlag(selection)}`
    throw new BridgeError(
      'probe_missing',
      `${selectionText(selection)} has no probe ${missing.join(', ')}. All that it has: ${listing}`,
    )
  }
  const program = targets[0]?.files[0]?.readPath ?? ''
  return (probe) =>
    probe.kind === 'usdt'
      ? (points.get(probeText(probe)) ?? [])
      : [
          functionAttachPoint(
            probe,
            selection.kind === 'pid' ? `/proc/${selection.pid}/exe` : attachPath(program),
          ),
        ]
}

/** Says how long strings are made on this machine's bpftrace; an event whose strings do not fit is an error. */
function tellStringFit(version: BpftraceVersion | undefined, definition: Definition, path: string): number {
  const variable = version && stringLengthVariable(version)
  if (!version || variable === undefined) return 0
  const fit = stringBytesThatFit(definition)
  if (fit.ok) {
    say(
      `bpftrace ${versionText(version)} here is run with ${variable}=${fit.bytes}: strings of up to ${fit.bytes - 1} bytes`,
    )
    return 0
  }
  throw new BridgeError(
    'script_invalid',
    `the strings of one event (${fit.event}) of ${path} do not fit the 512 bytes that bpftrace ${versionText(version)} ` +
      `has for an event: ${fit.strings.join(', ')}. Leave one of them out, or move it to the other probe`,
  )
}
