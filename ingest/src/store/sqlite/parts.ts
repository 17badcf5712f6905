// The parts of a merged block, as its row stores them: which former block had how many spans. Pure.
import { z } from 'zod'
import type { Part } from './block-table.ts'

const partList = z.array(z.tuple([z.int(), z.int()]))

export function partsOf(parts: string | null): Part[] {
  return parts === null ? [] : partList.parse(JSON.parse(parts))
}

/** Of the blocks up to and with this one. */
export function spansUpTo(parts: readonly Part[], blockId: number): number {
  return parts.reduce((sum, [id, spans]) => (id <= blockId ? sum + spans : sum), 0)
}
