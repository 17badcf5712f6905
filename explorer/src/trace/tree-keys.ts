// A key pressed on the tree of spans in; the row it leads to, or is to fold, out. The keys are those of the ARIA tree
// pattern: up, down, home, end move; right opens or goes to the first child; left closes or goes to the parent.
import type { Row } from '../waterfall/layout.ts'

export type KeyStep = { key: string; toggle: boolean }

/** Undefined where the key does nothing here. `rows` are the visible ones; `index` is -1 where the selected one is not. */
export function rowAfterKey(
  pressed: string,
  rows: readonly Row[],
  index: number,
  collapsed: ReadonlySet<string>,
): KeyStep | undefined {
  const row = rows[index]
  const closed = row !== undefined && collapsed.has(row.key)
  switch (pressed) {
    case 'ArrowDown':
      return moveTo(rows[Math.min(index + 1, rows.length - 1)])
    case 'ArrowUp':
      return moveTo(rows[Math.max(index - 1, 0)])
    case 'Home':
      return moveTo(rows[0])
    case 'End':
      return moveTo(rows.at(-1))
    case 'ArrowRight':
      if (row === undefined || row.childCount === 0) return undefined
      return closed ? { key: row.key, toggle: true } : moveTo(rows[index + 1])
    case 'ArrowLeft':
      if (row === undefined) return undefined
      if (row.childCount > 0 && !closed) return { key: row.key, toggle: true }
      return row.parentKey === undefined ? undefined : { key: row.parentKey, toggle: false }
    case 'Enter':
    case ' ':
      return row === undefined || row.childCount === 0 ? undefined : { key: row.key, toggle: true }
    default:
      return undefined
  }
}

function moveTo(row: Row | undefined): KeyStep | undefined {
  return row === undefined ? undefined : { key: row.key, toggle: false }
}
