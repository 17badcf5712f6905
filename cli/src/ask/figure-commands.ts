// `probespan red`, `series` and `dependencies`: figures over many spans. In: flags; out: text or JSON.
import { InvalidArgumentError, Option, type Command } from 'commander'
import {
  dependenciesAnswer,
  redAnswer,
  redKey,
  seriesAnswer,
  sourceFilter,
  type DependenciesAnswer,
} from '@probespan/ingest/wire'
import { addressOf, say, type Said } from '../client/address-options.ts'
import { ask, pathWith } from '../client/ask.ts'
import { formatNano, formatRate } from '../show/figure.ts'
import { columnTable, type Column } from '../show/text-table.ts'
import { limitArgument, stepArgument } from './arguments.ts'
import { notesOf } from './notes.ts'
import {
  addChoice,
  addRange,
  askCommand,
  choiceParameters,
  rangeParameters,
  type ChoiceFlags,
  type RangeFlags,
} from './options.ts'
import { redColumns } from './red-columns.ts'
import { seriesText } from './series-text.ts'

type RedFlags = ChoiceFlags & { by: string; limit: number; examples?: boolean; step?: bigint }
type SeriesFlags = ChoiceFlags & { q?: string; by?: string; step?: bigint; limit: number }
type DependencyFlags = RangeFlags & { source?: string }

const hour = 'the last hour where no time is given'

export function addFigureCommands(program: Command): void {
  addChoice(askCommand(program, 'red', `rate, errors and durations of spans; ${hour}`))
    .option('--by <list>', `what is told apart: ${redKey.options.join(', ')}`, byArgument, 'service')
    .option('--limit <count>', 'how many groups at most (1 to 1000)', limitArgument, 50)
    .option('--examples', 'also a slow and a failed trace of each')
    .option('--step <duration>', 'a figure for each such step, too (with --json)', stepArgument)
    .option('--json', 'JSON instead of a table: with the way to the traces behind each figure')
    .action((flags: RedFlags) => say(() => red(flags)))
  addChoice(askCommand(program, 'series', `rates and durations over time; ${hour}`))
    .option('--q <query>', 'what this TraceQL metrics query measures, instead of the rest')
    .option('--by <list>', `what is told apart: ${redKey.options.join(', ')} (service)`, byArgument)
    .option('--step <duration>', 'of a sample: 30s, 5m … (a sixtieth of the time)', stepArgument)
    .option('--limit <count>', 'how many series of --q, or groups, at most (1 to 1000)', limitArgument, 20)
    .option('--json', 'JSON instead of a table')
    .action((flags: SeriesFlags) => say(() => series(flags)))
  addRange(askCommand(program, 'dependencies', `who calls whom, how often and how fast; ${hour}`))
    .addOption(new Option('--source <source>', 'only spans of this source').choices(sourceFilter.options))
    .option('--json', 'JSON instead of a table')
    .action((flags: DependencyFlags) => say(() => dependencies(flags)))
}

function byArgument(text: string): string {
  const known: readonly string[] = redKey.options
  if (text.split(',').every((key) => known.includes(key))) return text
  throw new InvalidArgumentError(`Give a list, by commas, of ${redKey.options.join(', ')}.`)
}

async function red(flags: RedFlags): Promise<Said> {
  const { by, limit, step } = flags
  const parameters = { ...choiceParameters(flags, Date.now()), by, limit, step }
  const found = await ask(addressOf(flags), pathWith('/api/red', parameters), redAnswer)
  const notes = notesOf(found)
  const left = found.groupsTotal - found.groups.length
  if (left > 0) notes.push(`${left} groups more, with fewer spans: raise --limit`)
  if (flags.json === true) return { text: JSON.stringify(found), notes }
  if (found.groups.length === 0) return { text: noSpans, notes }
  return { text: columnTable(redColumns(by.split(','), flags.examples === true), found.groups), notes }
}

async function series(flags: SeriesFlags): Promise<Said> {
  const { q, by, step, limit } = flags
  const parameters = { ...choiceParameters(flags, Date.now()), q, by, step, limit }
  const found = await ask(addressOf(flags), pathWith('/api/series', parameters), seriesAnswer)
  const notes = notesOf(found)
  if (flags.json === true) return { text: JSON.stringify(found), notes }
  return { text: found.series.length === 0 ? noSpans : seriesText(found), notes }
}

const edgeColumns: Column<DependenciesAnswer['dependencies'][number]>[] = [
  { title: 'Client', cell: ({ client }) => client },
  { title: 'Server', cell: ({ server }) => server },
  { title: 'Kind', cell: ({ connection }) => connection || 'call' },
  { title: 'Source', cell: ({ source }) => source },
  { title: 'Calls', cell: ({ calls }) => String(calls), right: true },
  { title: 'Rate', cell: ({ rate }) => formatRate(rate), right: true },
  { title: 'Errors', cell: ({ errors }) => String(errors), right: true },
  { title: 'p50', cell: ({ p50Nano }) => formatNano(p50Nano), right: true },
  { title: 'p95', cell: ({ p95Nano }) => formatNano(p95Nano), right: true },
  { title: 'p99', cell: ({ p99Nano }) => formatNano(p99Nano), right: true },
]

async function dependencies(flags: DependencyFlags): Promise<string> {
  const parameters = { ...rangeParameters(flags, Date.now()), source: flags.source }
  const found = await ask(addressOf(flags), pathWith('/api/dependencies', parameters), dependenciesAnswer)
  if (flags.json === true) return JSON.stringify(found)
  return found.dependencies.length === 0
    ? 'No calls between services in this time: try a longer --since.'
    : columnTable(edgeColumns, found.dependencies)
}

const noSpans = 'No spans fit in this time: try a longer --since, or fewer filters.'
