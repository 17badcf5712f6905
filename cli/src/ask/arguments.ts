// Values of flags as people type them to numbers: durations and times in nanoseconds, counts. What cannot be read is
// commander's InvalidArgumentError, which says what to give.
import { InvalidArgumentError } from 'commander'
import { parseSince, parseSpanDuration } from '../show/duration.ts'
import { parseInstant } from '../show/instant.ts'

export function sinceArgument(text: string): bigint {
  return given(parseSince(text), 'Give a number and s, m, h or d, such as 15m.')
}

export function durationArgument(text: string): bigint {
  return given(parseSpanDuration(text), 'Give a whole number and ns, us, ms, s or m, such as 250ms.')
}

export function instantArgument(text: string): bigint {
  const wanted = 'Give a time such as 2026-01-31T12:00:00Z (UTC where no zone is named), or Unix nanoseconds.'
  return given(parseInstant(text), wanted)
}

export function stepArgument(text: string): bigint {
  return given(
    parseSpanDuration(text) ?? parseSince(text),
    'Give a whole number and ms, s, m, h or d, such as 30s.',
  )
}

export function limitArgument(text: string): number {
  const limit = Number(text)
  return given(
    Number.isInteger(limit) && limit >= 1 && limit <= 1000 ? limit : undefined,
    'Give a whole number from 1 to 1000.',
  )
}

function given<Value>(value: Value | undefined, wanted: string): Value {
  if (value === undefined) throw new InvalidArgumentError(wanted)
  return value
}
