// A pipeline → a function over one trace: its first span set, then each stage over the sets that are left.
import type { Pipeline, Stage } from './ast.ts'
import { compileExpression } from './condition.ts'
import { compileScalar } from './scalar.ts'
import { compileSpanset } from './spanset.ts'
import { compare, keyOf } from './static-value.ts'
import { TraceScope } from './trace-scope.ts'
import type { EvaluatedSpanset, Evaluate } from './trace-view.ts'

type StageFrom = (scope: TraceScope, sets: EvaluatedSpanset[]) => EvaluatedSpanset[]

/** Once a query; the function may be used for any number of traces, one after the other. */
export function compileEvaluation(pipeline: Pipeline): Evaluate {
  const run = compilePipeline(pipeline)
  return (view) => {
    const spans = Array.from({ length: view.spanCount }, (_, span) => span)
    return run(new TraceScope(view), [{ spans, groups: [] }])
  }
}

/** The same from given sets on, for one in parentheses. */
export function compilePipeline({ first, stages }: Pipeline): StageFrom {
  const steps = [compileStage({ type: 'spanset', spanset: first }), ...stages.map(compileStage)]
  return (scope, sets) => {
    let left = sets
    for (const step of steps) {
      left = step(scope, left)
      if (left.length === 0) break
    }
    return left
  }
}

function compileStage(stage: Stage): StageFrom {
  switch (stage.type) {
    case 'spanset': {
      const from = compileSpanset(stage.spanset)
      return (scope, sets) =>
        sets
          .map(({ spans, groups }) => ({ spans: from(scope, spans), groups }))
          .filter(({ spans }) => spans.length > 0)
    }
    case 'scalarFilter': {
      const [left, right] = [compileScalar(stage.left), compileScalar(stage.right)]
      return (scope, sets) =>
        sets.filter(({ spans }) => {
          const one = left(scope, spans)
          const other = right(scope, spans)
          return one !== undefined && other !== undefined && compare(stage.op, one, other)
        })
    }
    case 'by':
      return compileBy(stage)
    case 'coalesce':
      return (_scope, sets) => {
        const spans = [...new Set(sets.flatMap((set) => set.spans))]
        return [{ spans: spans.toSorted((one, other) => one - other), groups: [] }]
      }
    case 'select':
      return (_scope, sets) => sets
  }
}

/** Groups in the order of their first spans; those without a value are one group, of nil. */
function compileBy({ by }: Stage & { type: 'by' }): StageFrom {
  const values = compileExpression(by)
  return (scope, sets) =>
    sets.flatMap(({ spans, groups }) => {
      const found = new Map<string, EvaluatedSpanset>()
      for (const span of spans) {
        const value = values(scope.at(span))[0] ?? { type: 'nil' as const }
        const key = keyOf(value)
        const set = found.get(key)
        if (set === undefined) found.set(key, { spans: [span], groups: [...groups, { field: by, value }] })
        else set.spans.push(span)
      }
      return [...found.values()]
    })
}
