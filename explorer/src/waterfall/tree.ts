// The spans of one trace in, in any order; out: the same spans as a forest, each exactly once, parents before
// children, siblings by start. It survives what senders get wrong: parents that are not stored, spans that are
// their own ancestors, the same span id twice. Linear but for the sorting; nothing recurses, so any depth goes.
import type { Span } from '@probespan/ingest/wire'

/** Why a span stands where it does: below its stored parent, or at the top for one of three reasons. */
export type ParentState = 'root' | 'stored' | 'not-stored' | 'loop'

export type TreeNode = {
  span: Span
  /** The span id; where an id comes again, with "#2", "#3" … in the order of input. */
  key: string
  /** Of the parent's node, where parentState is "stored". */
  parentKey: string | undefined
  parentState: ParentState
  /** 0 at the top. */
  depth: number
  childCount: number
  /** All spans below it, its children included. In preorder they are the entries that follow it. */
  descendantCount: number
}

/** In preorder. */
export function treeOf(spans: readonly Span[]): TreeNode[] {
  const nodes = nodesOf(spans)
  const children = linkChildren(nodes)
  const tops = nodes.filter((node) => node.parentState !== 'stored')
  return preorder(tops, children)
}

function nodesOf(spans: readonly Span[]): TreeNode[] {
  const seen = new Map<string, number>()
  const nodes = spans.map((span): TreeNode => {
    const count = (seen.get(span.spanId) ?? 0) + 1
    seen.set(span.spanId, count)
    const key = count === 1 ? span.spanId : `${span.spanId}#${count}`
    return {
      span,
      key,
      parentKey: undefined,
      parentState: 'root',
      depth: 0,
      childCount: 0,
      descendantCount: 0,
    }
  })
  return nodes.sort(byStart)
}

function byStart(a: TreeNode, b: TreeNode): number {
  const aNs = BigInt(a.span.startUnixNano)
  const bNs = BigInt(b.span.startUnixNano)
  return aNs < bNs ? -1 : aNs > bNs ? 1 : 0
}

/** Sets parentKey and parentState, breaks loops, and answers with each node's children by start. */
function linkChildren(nodes: readonly TreeNode[]): Map<string, TreeNode[]> {
  const byKey = new Map(nodes.map((node) => [node.key, node]))
  for (const node of nodes) {
    const parentSpanId = node.span.parentSpanId
    if (parentSpanId === undefined) continue
    // Of several spans with the parent's id the children go to the first that was sent.
    node.parentState = byKey.has(parentSpanId) ? 'stored' : 'not-stored'
    if (node.parentState === 'stored') node.parentKey = parentSpanId
  }
  breakLoops(nodes, byKey)
  const children = new Map<string, TreeNode[]>()
  for (const node of nodes) {
    if (node.parentKey === undefined) continue
    const siblings = children.get(node.parentKey)
    if (siblings === undefined) children.set(node.parentKey, [node])
    else siblings.push(node)
  }
  return children
}

/** Of every loop of parents the earliest span becomes a top. Each node is walked over once. */
function breakLoops(nodes: readonly TreeNode[], byKey: ReadonlyMap<string, TreeNode>): void {
  const walkOf = new Map<string, number>()
  for (const [walk, start] of nodes.entries()) {
    let node: TreeNode | undefined = start
    while (node !== undefined && !walkOf.has(node.key)) {
      walkOf.set(node.key, walk)
      node = node.parentKey === undefined ? undefined : byKey.get(node.parentKey)
    }
    if (node !== undefined && walkOf.get(node.key) === walk) breakLoop(node, byKey)
  }
}

function breakLoop(onLoop: TreeNode, byKey: ReadonlyMap<string, TreeNode>): void {
  let earliest = onLoop
  let node = onLoop
  do {
    if (byStart(node, earliest) < 0) earliest = node
    node = (node.parentKey === undefined ? undefined : byKey.get(node.parentKey)) ?? onLoop
  } while (node !== onLoop)
  earliest.parentState = 'loop'
  earliest.parentKey = undefined
}

function preorder(tops: readonly TreeNode[], children: ReadonlyMap<string, TreeNode[]>): TreeNode[] {
  const order: TreeNode[] = []
  const stack = tops.toReversed()
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    order.push(node)
    const below = children.get(node.key) ?? []
    node.childCount = below.length
    for (const child of below.toReversed()) {
      child.depth = node.depth + 1
      stack.push(child)
    }
  }
  const byKey = new Map(order.map((node) => [node.key, node]))
  for (const node of order.toReversed()) {
    const parent = node.parentKey === undefined ? undefined : byKey.get(node.parentKey)
    if (parent !== undefined) parent.descendantCount += node.descendantCount + 1
  }
  return order
}
