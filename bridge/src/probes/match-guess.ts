// A likely pair to the expression that may tell which end belongs to which start, and why it was chosen, as the
// comment of a starter definition. A guess from types alone: a file does not say what an argument means.
import type { ProbePair } from './pairs.ts'

export type MatchGuess = { expression: string; why: string[] }

/** Their threads (PostgreSQL: processes) work off one thing after the other, inner ones inside outer ones. */
const threadBound = new Set(['postgresql', 'python', 'ruby', 'php', 'hotspot', 'hotspot_jni', 'hs_private'])

export function guessMatch({ start, end }: ProbePair): MatchGuess {
  if (threadBound.has(start.provider)) {
    return {
      expression: 'tid',
      why: [`A thread of a program with the provider ${start.provider} does one at a time.`],
    }
  }
  const type = start.arguments[0]?.type
  const shared = type !== undefined && type === end.arguments[0]?.type ? type : undefined
  if (shared === undefined || shared === '?' || shared.startsWith('f')) {
    return {
      expression: 'tid',
      why: [
        'No argument stands out as a key: right where a thread does one at a time. Where threads change over, write',
        'an argument that both sides pass, or { start: argN, end: argM }.',
      ],
    }
  }
  if (shared.endsWith('/ptr')) {
    return {
      expression: 'str(arg0)',
      why: [
        'Both sides pass an arg0 of this type first: taken for the text that names the request. If it is a number or an',
        'address, write arg0 (str of it is empty, and nothing would match); if a thread does one at a time, tid.',
      ],
    }
  }
  return {
    expression: 'arg0',
    why: [
      'Both sides pass a number of this type first: taken for the id of the request. If it is something else, write',
      'the argument that is, or tid where a thread does one at a time.',
    ],
  }
}
