// All queries that find spans, and answers in a form that can be compared: by trace, sets in no certain order.
import type { Static } from '../../src/traceql/ast.ts'
import { fieldCases } from './cases-fields.ts'
import { stageCases } from './cases-stages.ts'
import { structureCases } from './cases-structure.ts'
import { valueCases } from './cases-values.ts'
import { traces } from './data.ts'
import type { Plain } from './data.ts'
import type { Case, Meaning } from './plain-evaluation.ts'

export const cases: readonly Case[] = [...fieldCases, ...valueCases, ...structureCases, ...stageCases]

/** Sets as text: their groups, keeping the spans' ids by start. */
export type Answer = Record<string, string[]>

export function answerOf(meaning: Meaning): Answer {
  const found: Answer = {}
  for (const trace of traces) {
    const sets = meaning(trace)
    if (sets.length === 0) continue
    const spanIds = sets.map(({ spans, groups }) =>
      setText(
        groups.map(plainText),
        spans.map(({ spanId }) => spanId),
      ),
    )
    found[trace[0]?.traceId ?? ''] = spanIds.toSorted()
  }
  return found
}

export function setText(groups: string[], spanIds: string[]): string {
  return `${groups.map((group) => `[${group}] `).join('')}${spanIds.map((id) => Number.parseInt(id, 16)).join(' ')}`
}

function plainText(value: Plain | undefined): string {
  return value === undefined ? 'nil' : typeof value === 'bigint' ? String(value) : `${value} ${typeof value}`
}

/** The same text for a value of TraceQL. Statuses and kinds are strings there. */
export function staticText(value: Static): string {
  switch (value.type) {
    case 'nil':
      return 'nil'
    case 'int':
      return String(value.value)
    case 'float':
      return `${value.value} number`
    case 'duration':
      return `${value.nano}ns`
    case 'status':
      return `${value.status} string`
    case 'kind':
      return `${value.kind} string`
    case 'string':
    case 'boolean':
      return `${value.value} ${value.type}`
  }
}
