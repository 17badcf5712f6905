// `probespan services`, `operations` and `attributes`: what there is in the store. In: flags; out: text or JSON.
import type { Command } from 'commander'
import {
  attributesAnswer,
  operationsAnswer,
  servicesAnswer,
  valuesAnswer,
  type AttributesAnswer,
  type OperationsAnswer,
  type ServicesAnswer,
  type ValuesAnswer,
} from '@probespan/ingest/wire'
import { addressOf, say, type AddressOptions, type Said } from '../client/address-options.ts'
import { ask, pathWith } from '../client/ask.ts'
import { columnTable, type Column } from '../show/text-table.ts'
import { valueText } from '../show/value.ts'
import { limitArgument } from './arguments.ts'
import { notesOf } from './notes.ts'
import { addFilters, askCommand, choiceParameters, filterParameters, type FilterFlags } from './options.ts'

type JsonFlags = AddressOptions & { json?: boolean }
type AttributeFlags = FilterFlags & { limit: number }

export function addListCommands(program: Command): void {
  askCommand(program, 'services', 'list the services that sent spans')
    .option('--json', 'JSON instead of a table')
    .action((flags: JsonFlags) => say(() => services(flags)))
  askCommand(program, 'operations', 'list the span names of a service')
    .argument('<service>', 'its name')
    .option('--json', 'JSON instead of a table')
    .action((service: string, flags: JsonFlags) => say(() => operations(service, flags)))
  addFilters(
    askCommand(program, 'attributes', 'list attribute keys, or the values of one, with counts of spans'),
  )
    .argument('[key]', 'the values of this attribute; --min-duration, --max-duration and --attribute need it')
    .option('--limit <count>', 'how many values at most (1 to 1000)', limitArgument, 20)
    .option('--json', 'JSON instead of a table')
    .action((key: string | undefined, flags: AttributeFlags) =>
      say(() => (key === undefined ? attributes(flags) : values(key, flags))),
    )
}

const serviceColumns: Column<ServicesAnswer['services'][number]>[] = [
  { title: 'Service', cell: ({ name }) => name },
  { title: 'Sources', cell: ({ sources }) => sources.join('+') },
]

async function services(flags: JsonFlags): Promise<string> {
  const found = await ask(addressOf(flags), '/api/services', servicesAnswer)
  if (flags.json === true) return JSON.stringify(found)
  return found.services.length === 0
    ? 'No spans are stored yet.'
    : columnTable(serviceColumns, found.services)
}

const operationColumns: Column<OperationsAnswer['operations'][number]>[] = [
  { title: 'Operation', cell: ({ name }) => name },
  { title: 'Kinds', cell: ({ kinds }) => kinds.join('+') },
  { title: 'Spans', cell: ({ spans }) => String(spans), right: true },
]

async function operations(service: string, flags: JsonFlags): Promise<string> {
  const path = `/api/services/${encodeURIComponent(service)}/operations`
  const found = await ask(addressOf(flags), path, operationsAnswer)
  if (flags.json === true) return JSON.stringify(found)
  return found.operations.length === 0
    ? `No spans of a service "${service}" are stored: "probespan services" lists those there are.`
    : columnTable(operationColumns, found.operations)
}

const keyColumns: Column<AttributesAnswer['keys'][number]>[] = [
  { title: 'Key', cell: ({ key }) => key },
  { title: 'Of', cell: ({ scope }) => scope },
  { title: 'Spans', cell: ({ spans }) => String(spans), right: true },
]

async function attributes(flags: AttributeFlags): Promise<Said> {
  // What the server does not take here it refuses by name.
  const parameters = {
    ...choiceParameters(flags, Date.now()),
    durationMin: flags.minDuration,
    durationMax: flags.maxDuration,
    attribute: flags.attribute,
  }
  const found = await ask(addressOf(flags), pathWith('/api/attributes', parameters), attributesAnswer)
  return listed(found, flags, keyColumns, found.keys)
}

const valueColumns: Column<ValuesAnswer['values'][number]>[] = [
  { title: 'Value', cell: ({ value }) => valueText(value) },
  { title: 'Spans', cell: ({ spans }) => String(spans), right: true },
]

async function values(key: string, flags: AttributeFlags): Promise<Said> {
  const parameters = { ...filterParameters(flags, Date.now()), limit: flags.limit }
  const path = pathWith(`/api/attributes/${encodeURIComponent(key)}/values`, parameters)
  const found = await ask(addressOf(flags), path, valuesAnswer)
  return listed(found, flags, valueColumns, found.values)
}

function listed<Row>(
  answer: { cutShort?: string },
  { json }: AttributeFlags,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Said {
  const notes = notesOf(answer)
  if (json === true) return { text: JSON.stringify(answer), notes }
  return { text: rows.length === 0 ? 'No span has such attributes.' : columnTable(columns, rows), notes }
}
