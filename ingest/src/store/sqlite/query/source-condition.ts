// Conditions on who sent a span, as conditions on an attribute that the store itself gives (span-values.ts), so that
// whatever evaluates conditions needs to know nothing of sources. Pure.
import type { Expression, Pipeline, Spanset, Stage } from '../../../traceql/ast.ts'
import { sourcesOf } from '../../store.ts'
import { sourceKey } from './span-values.ts'

export function withSourceAsField({ first, stages }: Pipeline): Pipeline {
  return { first: spansetOf(first), stages: stages.map(stageOf) }
}

function stageOf(stage: Stage): Stage {
  return stage.type === 'spanset' ? { ...stage, spanset: spansetOf(stage.spanset) } : stage
}

function spansetOf(spanset: Spanset): Spanset {
  switch (spanset.type) {
    case 'filter':
      return { ...spanset, condition: spanset.condition && conditionOf(spanset.condition) }
    case 'pipeline':
      return { ...spanset, pipeline: withSourceAsField(spanset.pipeline) }
    case 'and':
    case 'or':
    case 'structural':
      return { ...spanset, left: spansetOf(spanset.left), right: spansetOf(spanset.right) }
  }
}

export function conditionOf(condition: Expression): Expression {
  switch (condition.type) {
    case 'source':
      return sourcesOf(condition.of)
        .map((source): Expression => ({
          type: 'compare',
          op: '=',
          left: {
            type: 'field',
            field: { type: 'attribute', scope: 'resource', key: sourceKey, ofParent: false },
          },
          right: { type: 'static', value: { type: 'string', value: source } },
        }))
        .reduce((left, right) => ({ type: 'or', left, right }))
    case 'and':
    case 'or':
      return { ...condition, left: conditionOf(condition.left), right: conditionOf(condition.right) }
    case 'not':
      return { ...condition, of: conditionOf(condition.of) }
    case 'arithmetic':
    case 'compare':
    case 'field':
    case 'negative':
    case 'static':
    case 'writtenAs':
      return condition
  }
}
