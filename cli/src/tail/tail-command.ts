// `probespan tail`: new spans as they come, a line each, until Ctrl-C or so many. In: flags; out: lines on standard output;
// what was skipped, and where the connection broke off, on standard error.
import { once } from 'node:events'
import type { Command } from 'commander'
import { tailSpansPerSMax } from '@probespan/ingest/wire'
import { limitArgument } from '../ask/arguments.ts'
import { addSpanFilters, askCommand, type FilterFlags } from '../ask/options.ts'
import { addressOf, say } from '../client/address-options.ts'
import { follow, type TailEvent } from './follow.ts'
import { tailLine } from './tail-line.ts'

type TailFlags = FilterFlags & { q?: string; limit: number; count?: number }

const spansPerS = 100

export function addTailCommand(program: Command): void {
  addSpanFilters(askCommand(program, 'tail', 'show new spans as they come'))
    .option('--q <query>', 'only spans that fit this TraceQL, too: { … }')
    .option(
      '--limit <count>',
      `how many a second at most (1 to ${tailSpansPerSMax}); others are skipped and counted`,
      limitArgument,
      spansPerS,
    )
    .option('--count <count>', 'end after so many (1 to 1000)', limitArgument)
    .option('--json', 'JSON lines instead of text')
    .action((flags: TailFlags) => say(() => tail(flags)))
}

async function tail(flags: TailFlags): Promise<string> {
  const { source, service, name, kind, status, minDuration, maxDuration, attribute, q, limit } = flags
  const choice = { source, service, name, kind, status, attribute, q, limit }
  const filters = { ...choice, durationMin: minDuration, durationMax: maxDuration }
  let left = flags.count ?? Number.POSITIVE_INFINITY
  for await (const event of follow(addressOf(flags), filters)) {
    const line = event.type === 'span' ? spanText(event, flags) : undefined
    if (line === undefined) process.stderr.write(`probespan: ${remarkOf(event)}\n`)
    // Who reads slowly makes ingest skip, not this process hold.
    else if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
    if (line !== undefined && --left === 0) break
  }
  return ''
}

const spanText = ({ span }: TailEvent & { type: 'span' }, { json }: TailFlags): string =>
  json === true ? JSON.stringify(span) : tailLine(span)

function remarkOf(event: TailEvent): string {
  if (event.type === 'skipped') return `${event.spans} spans more fitted and were skipped (see --limit)`
  if (event.type === 'broken') return `the tail broke off (${event.reason}); trying again`
  return 'the tail goes on where it was'
}
