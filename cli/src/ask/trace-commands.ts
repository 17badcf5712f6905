// `probespan traces` and `probespan trace`: lists of traces, page by page, and one trace. In: flags; out: text or JSON.
import { Option, type Command } from 'commander'
import {
  searchOrder,
  skeletonAnswer,
  traceAnswer,
  tracesAnswer,
  tracesLimitMax,
  type TracesAnswer,
} from '@probespan/ingest/wire'
import { addressOf, say, type AddressOptions, type Said } from '../client/address-options.ts'
import { ask, AskError, pathWith, type Parameters } from '../client/ask.ts'
import { traceTable } from '../show/table.ts'
import { traceTree } from '../show/tree.ts'
import { limitArgument } from './arguments.ts'
import { notesOf } from './notes.ts'
import { addFilters, askCommand, filterParameters, type FilterFlags } from './options.ts'

type TracesFlags = FilterFlags & {
  q?: string
  order: string
  limit?: number
  cursor?: string
  all?: boolean
}
type TraceFlags = AddressOptions & { json?: boolean; skeleton?: boolean }

const limitUsual = 20

export function addTraceCommands(program: Command): void {
  addFilters(askCommand(program, 'traces', 'list stored traces, newest first'))
    .option('--q <query>', 'only traces that fit this TraceQL query, too')
    .addOption(
      new Option('--order <order>', 'newest or slowest first').choices(searchOrder.options).default('newest'),
    )
    .option('--limit <count>', `how many at most (1 to ${tracesLimitMax}); ${limitUsual}`, limitArgument)
    .option('--cursor <cursor>', 'go on where a list with the same filters ended')
    .addOption(new Option('--all', 'all of them, page by page').conflicts('limit'))
    .option('--json', 'JSON lines instead of a table')
    .action((flags: TracesFlags) => say(() => traces(flags, Date.now())))
  askCommand(program, 'trace', 'show one trace as a tree')
    .argument('<id>', 'trace id, 32 hexadecimal digits')
    .option(
      '--skeleton',
      'without attributes and the like: also of traces that are too large to be shown whole',
    )
    .option('--json', 'JSON instead of a tree')
    .action((id: string, flags: TraceFlags) => say(() => trace(id, flags)))
}

async function traces(flags: TracesFlags, nowMs: number): Promise<Said> {
  const { q, order, limit = limitUsual, all = false } = flags
  const filters = { ...filterParameters(flags, nowMs), q }
  const parameters = { ...filters, order, limit: all ? tracesLimitMax : limit }
  const readPage = (cursor: string | undefined): Promise<TracesAnswer> =>
    ask(addressOf(flags), pathWith('/api/traces', { ...parameters, cursor }), tracesAnswer)
  let page = await readPage(flags.cursor)
  const found = page.traces
  for (let next = all ? page.next : undefined; next !== undefined; next = page.next) {
    page = await readPage(next)
    found.push(...page.traces)
  }
  const notes = notesOf(page)
  if (page.next !== undefined) notes.push(`there are more: add --cursor ${page.next}, or --all`)
  if (flags.json === true) return { text: found.map((each) => JSON.stringify(each)).join('\n'), notes }
  return { text: found.length > 0 ? traceTable(found) : noneText(flags, filters), notes }
}

function noneText({ url, cursor }: TracesFlags, filters: Parameters): string {
  if (cursor !== undefined) return 'No more traces.'
  const filtered = Object.values(filters).some((each) => each !== undefined)
  return filtered
    ? 'No trace fits these filters: try fewer, or a longer --since.'
    : `No traces are stored yet. Send OTLP to ${url}/v1/traces, or watch a process: probespan bridge --help`
}

async function trace(id: string, flags: TraceFlags): Promise<string> {
  if (!/^[0-9a-f]{32}$/i.test(id)) {
    throw new AskError(`"${id}" is no trace id: it has 32 hexadecimal digits; "probespan traces" lists them`)
  }
  const path = `/api/traces/${id.toLowerCase()}`
  const found =
    flags.skeleton === true
      ? await ask(addressOf(flags), `${path}?skeleton=true`, skeletonAnswer)
      : await ask(addressOf(flags), path, traceAnswer)
  return flags.json === true ? JSON.stringify(found) : traceTree(found)
}
