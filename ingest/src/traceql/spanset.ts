// Span sets of one trace: filters, && and ||, and how spans stand to each other. Sets are lists of places, ascending.
import type { Relation, Spanset } from './ast.ts'
import { compileCondition } from './condition.ts'
import type { TraceScope } from './trace-scope.ts'
import { compilePipeline } from './pipeline.ts'

/** Of the spans `within`, those of the set. None where the trace does not match. */
export type SpansetFrom = (scope: TraceScope, within: readonly number[]) => number[]

export function compileSpanset(spanset: Spanset): SpansetFrom {
  switch (spanset.type) {
    case 'filter': {
      const fits = compileCondition(spanset.condition)
      return (scope, within) => within.filter((span) => fits(scope.at(span)))
    }
    case 'pipeline': {
      const run = compilePipeline(spanset.pipeline)
      return (scope, within) => {
        const sets = run(scope, [{ spans: [...within], groups: [] }])
        return sets.length === 1 ? (sets[0]?.spans ?? []) : ascending(sets.flatMap((set) => set.spans))
      }
    }
    case 'and':
    case 'or': {
      const [left, right] = [compileSpanset(spanset.left), compileSpanset(spanset.right)]
      const needsBoth = spanset.type === 'and'
      return (scope, within) => {
        const ones = left(scope, within)
        if (needsBoth && ones.length === 0) return []
        const others = right(scope, within)
        return needsBoth && others.length === 0 ? [] : ascending([...ones, ...others])
      }
    }
    case 'structural':
      return structural(spanset)
  }
}

function ascending(spans: number[]): number[] {
  return [...new Set(spans)].toSorted((one, other) => one - other)
}

function structural({ relation, mode, left, right }: Spanset & { type: 'structural' }): SpansetFrom {
  const [ofLeft, ofRight] = [compileSpanset(left), compileSpanset(right)]
  const isRight = mode !== 'not'
  return (scope, within) => {
    const others = ofRight(scope, within)
    if (others.length === 0) return []
    const ones = ofLeft(scope, within)
    const matched = related(scope, relation, ones, others)
    const found = others.filter((span) => matched(span) === isRight)
    if (mode !== 'union' || found.length === 0) return found
    // Those on the left that a span on the right stands to: the same relation, turned round.
    const back = related(scope, turned[relation], others, ones)
    return ascending([...found, ...ones.filter((span) => back(span))])
  }
}

const turned: Readonly<Record<Relation, Relation>> = {
  child: 'parent',
  parent: 'child',
  descendant: 'ancestor',
  ancestor: 'descendant',
  sibling: 'sibling',
}

/** Whether a span stands so to one of `ones`: is a child of one, is the parent of one. */
function related(
  scope: TraceScope,
  relation: Relation,
  ones: readonly number[],
  others: readonly number[],
): (span: number) => boolean {
  switch (relation) {
    case 'child': {
      const parents = new Set(ones)
      return (span) => parents.has(scope.view.parent(span))
    }
    case 'parent': {
      const parents = new Set(ones.map((one) => scope.view.parent(one)))
      return (span) => parents.has(span)
    }
    case 'descendant':
      return belowAny(scope, new Set(ones))
    case 'ancestor':
      return aboveAny(scope, ones)
    case 'sibling':
      return besideAny(scope, ones, others)
  }
}

/** Each span's answer is remembered on the way up, so that all of them take one walk over the trace. */
function belowAny(scope: TraceScope, ones: ReadonlySet<number>): (span: number) => boolean {
  const known = new Map<number, boolean>()
  return (span) => {
    const path: number[] = []
    let at = span
    let isBelow = false
    for (;;) {
      const before = known.get(at)
      if (before !== undefined) {
        isBelow = before
        break
      }
      path.push(at)
      // Parents that go round in a circle end where the circle closes.
      known.set(at, false)
      at = scope.view.parent(at)
      if (at < 0) break
      if (ones.has(at)) {
        isBelow = true
        break
      }
    }
    for (const passed of path) known.set(passed, isBelow)
    return isBelow
  }
}

function aboveAny(scope: TraceScope, ones: readonly number[]): (span: number) => boolean {
  const above = new Set<number>()
  for (const one of ones)
    for (let at = scope.view.parent(one); at >= 0 && !above.has(at); at = scope.view.parent(at)) above.add(at)
  return (span) => above.has(span)
}

/** By the id of the parent, so that those of a parent that is not in the store are siblings too, and roots of roots. */
function besideAny(
  scope: TraceScope,
  ones: readonly number[],
  others: readonly number[],
): (span: number) => boolean {
  const counts = new Map<string, number>()
  for (const one of ones) {
    const id = scope.parentId(one)
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const left = new Set(ones)
  const ids = new Map(others.map((span) => [span, scope.parentId(span)]))
  // Nobody is its own sibling.
  return (span) => (counts.get(ids.get(span) ?? '') ?? 0) > (left.has(span) ? 1 : 0)
}
