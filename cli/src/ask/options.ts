// Flags that the commands share which ask about spans, and the API's parameters that they become. Times are Unix
// nanoseconds, durations nanoseconds.
import { Option, type Command } from 'commander'
import { sourceFilter, spanKind, statusCode } from '@probespan/ingest/wire'
import { keyOption, urlOption, type AddressOptions } from '../client/address-options.ts'
import type { Parameters } from '../client/ask.ts'
import { durationArgument, instantArgument, sinceArgument } from './arguments.ts'

export type RangeFlags = AddressOptions & { since?: bigint; start?: bigint; end?: bigint; json?: boolean }
export type ChoiceFlags = RangeFlags & {
  source?: string
  service?: string
  name?: string
  kind?: string
  status?: string
}
export type FilterFlags = ChoiceFlags & { minDuration?: bigint; maxDuration?: bigint; attribute?: string[] }

export function askCommand(program: Command, name: string, description: string): Command {
  return program.command(name).description(description).addOption(urlOption()).addOption(keyOption())
}

export function addRange(command: Command): Command {
  return command
    .option('--since <duration>', 'only the last 30s, 15m, 6h, 7d …', sinceArgument)
    .option('--start <time>', 'only spans that start then or later: 2026-01-31T12:00:00Z …', instantArgument)
    .option('--end <time>', 'only spans that start before', instantArgument)
}

export const addChoice = (command: Command): Command => addSpanChoice(addRange(command))
export const addFilters = (command: Command): Command => addSpanFilters(addRange(command))

function addSpanChoice(command: Command): Command {
  return command
    .addOption(new Option('--source <source>', 'only spans of this source').choices(sourceFilter.options))
    .option('--service <name>', 'only spans of this service')
    .option('--name <name>', 'only spans of this name')
    .addOption(new Option('--kind <kind>', 'only spans of this kind').choices(spanKind.options))
    .addOption(new Option('--status <status>', 'only spans of this status').choices(statusCode.options))
}

/** Those that need no range of time. */
export function addSpanFilters(command: Command): Command {
  return addSpanChoice(command)
    .option('--min-duration <duration>', 'only spans so long: 250ms, 2s …', durationArgument)
    .option('--max-duration <duration>', 'only spans no longer', durationArgument)
    .option(
      '--attribute <filter>',
      "only spans with this attribute: 'key=value', 'key!=value', 'key=~regex', 'key>=500', 'key?', '!key' …; " +
        'can be repeated: one span has all',
      repeated,
    )
}

export function rangeParameters({ since, start, end }: RangeFlags, nowMs: number): Parameters {
  return { start: start ?? (since === undefined ? undefined : BigInt(nowMs) * 1_000_000n - since), end }
}

export function choiceParameters(flags: ChoiceFlags, nowMs: number): Parameters {
  const { source, service, name, kind, status } = flags
  return { ...rangeParameters(flags, nowMs), source, service, name, kind, status }
}

export function filterParameters(flags: FilterFlags, nowMs: number): Parameters {
  const { minDuration: durationMin, maxDuration: durationMax, attribute } = flags
  return { ...choiceParameters(flags, nowMs), durationMin, durationMax, attribute }
}

export function repeated(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}
