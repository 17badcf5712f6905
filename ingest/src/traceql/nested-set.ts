// The tree of a trace as numbers: a span's `left` and `right` enclose those of all below it, and `parent` is the left of
// its parent. From 1, in the order of places; of a root `parent` is -1. A span that hangs on none (its parent is not in
// the store, or is below itself) has 0 for all three, as has what is below it.
import { isRoot } from './root-span.ts'
import type { TraceView } from './trace-view.ts'

export type NestedSets = { left: Int32Array; right: Int32Array; parent: Int32Array }

export function nestedSetsOf(view: TraceView): NestedSets {
  const { spanCount } = view
  const [left, right, parent] = [
    new Int32Array(spanCount),
    new Int32Array(spanCount),
    new Int32Array(spanCount),
  ]
  const children = childrenOf(view)
  let last = 0
  for (let root = 0; root < spanCount; root++) {
    if (!isRoot(view, root)) continue
    parent[root] = -1
    // Depth first without the stack, which deep traces would overrun.
    for (let span = root; span >= 0;) {
      if (left[span] === 0) left[span] = ++last
      const child = children.next(span)
      if (child >= 0) {
        parent[child] = left[span] ?? 0
        span = child
      } else {
        right[span] = ++last
        span = span === root ? -1 : view.parent(span)
      }
    }
  }
  return { left, right, parent }
}

/** Each span's children one after the other, each given once. */
function childrenOf(view: TraceView): { next(span: number): number } {
  const first = new Int32Array(view.spanCount).fill(-1)
  const sibling = new Int32Array(view.spanCount).fill(-1)
  for (let span = view.spanCount - 1; span >= 0; span--) {
    const parent = view.parent(span)
    if (parent < 0) continue
    sibling[span] = first[parent] ?? -1
    first[parent] = span
  }
  return {
    next(span) {
      const child = first[span] ?? -1
      if (child >= 0) first[span] = sibling[child] ?? -1
      return child
    },
  }
}
