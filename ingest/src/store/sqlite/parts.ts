// The parts of a merged block, as its row stores them: which former block had how many spans. Pure.
import type { Part } from './block-table.ts'

export function partsOf(parts: string | null): Part[] {
  if (parts === null) return []
  const found: unknown = JSON.parse(parts)
  if (Array.isArray(found) && found.every(isPart)) return found
  throw new Error(`the parts of a block are ${parts}: run "probespan store check"`)
}

function isPart(value: unknown): value is Part {
  return Array.isArray(value) && value.length === 2 && value.every((each) => Number.isSafeInteger(each))
}

/** Of the blocks up to and with this one. */
export function spansUpTo(parts: readonly Part[], blockId: number): number {
  return parts.reduce((sum, [id, spans]) => (id <= blockId ? sum + spans : sum), 0)
}
