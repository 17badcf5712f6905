// An inventory to text for a terminal and to JSON for a program: a section a file, its pairs first, one below the
// other, then the probes that stand alone.
import type { FileProbes, ProbeSummary } from './inventory.ts'
import { findPairs } from './pairs.ts'

const titles = ['', 'Probe', 'Args', 'Types', 'Semaphore', 'Places']

export function probeTable(files: readonly FileProbes[]): string {
  return files.map(section).join('\n\n')
}

function section({ file, probes }: FileProbes): string {
  const pairs = findPairs(probes)
  const paired = new Set(pairs.flatMap(({ start, end }) => [start, end]))
  const rows = [
    titles,
    ...pairs.flatMap(({ start, end }) => [row('┌', start), row('└', end)]),
    ...probes.filter((probe) => !paired.has(probe)).map((probe) => row('', probe)),
  ]
  const widths = titles.map((_, at) => Math.max(...rows.map((cells) => cells[at]?.length ?? 0)))
  const lines = rows.map((cells) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const count = `${counted(probes.length, 'probe')}, ${counted(pairs.length, 'likely pair')}`
  return [`${printable(file.path)}  (${count})`, ...lines].join('\n')
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function row(mark: string, probe: ProbeSummary): string[] {
  return [
    mark,
    printable(`${probe.provider}:${probe.name}`),
    String(probe.arguments.length),
    probe.arguments.map((argument) => argument.type).join(', '),
    probe.semaphore ? 'yes' : 'no',
    String(probe.places),
  ]
}

/** One object; `pairs` names the probes of each. */
export function probesJson(files: readonly FileProbes[]): string {
  const value = files.map(({ file, probes }) => ({
    file: file.path,
    readPath: file.readPath,
    probes,
    pairs: findPairs(probes).map(({ stem, start, end }) => ({
      provider: start.provider,
      stem,
      start: start.name,
      end: end.name,
    })),
  }))
  return JSON.stringify({ files: value }, undefined, 2)
}

/** What someone put into a file's name or note must not move the reader's cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
