// Texts that clients send, held to Grafana's own grammar; and trees printed and parsed again.
import { parser } from '@grafana/lezer-traceql'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Expression, Field, Pipeline, Query, Scalar, Spanset, Stage, Static } from './ast.ts'
import { intrinsics } from './ast.ts'
import { parseQuery } from './parse.ts'
import { printQuery } from './print.ts'

/** On a busy machine. */
const propertyMs = 60_000

/** Of Grafana's query builder, its trace and drill-down pages, and of Tempo's documentation. */
const sent = [
  '{}',
  '{ }',
  '{resource.service.name="x" && span.k=~"a|b" && (span.a="1" || span.b=2) && name="GET /" && status=error}',
  '{resource.service.name=~"a|b" && kind=server && duration>1s && duration<=2m && traceDuration>1s}',
  '{span.k != nil}',
  '{rootName="GET /" && rootServiceName="x"}',
  '{event.name="exception"}',
  '{event:name="exception" && event.exception.message=~".*time.*"}',
  '{link:traceID!=""}',
  '{trace:rootService="x" && trace:duration>100ms}',
  '{instrumentation:name="grpc"}',
  '{parent.foo="x"}',
  '{.foo + 1 = 2}',
  '{-.foo < -1}',
  '{!(.foo = 1)}',
  '{status=error} | select(span.http.method, resource.service.name)',
  '{status=error} >> {kind=server}',
  '{status=error} << {kind=server}',
  '{status=error} > {kind=server} > {}',
  '{status=error} < {kind=server}',
  '{status=error} !>> {kind=server}',
  '{status=error} !<< {kind=server}',
  '{status=error} !> {kind=server}',
  '{status=error} !< {kind=server}',
  '{status=error} &>> {kind=server}',
  '{status=error} &<< {kind=server}',
  '{status=error} &> {kind=server}',
  '{status=error} &< {kind=server}',
  '{status=error} &~ {kind=server}',
  '{status=error} !~ {kind=server}',
  '{status=error} && {kind=server} || {name="x"}',
  '({status=error} | count() > 2) && {kind=server}',
  '{} | count() > 2',
  '{} | avg(duration) > 1s',
  '{} | max(span.size) - min(span.size) > 3',
  '{} | by(resource.service.name) | count() > 2 | coalesce()',
  '{} | rate()',
  '{} | rate() by (resource.service.name, name)',
  '{} | count_over_time() by (status)',
  '{} | min_over_time(duration) by (name)',
  '{} | max_over_time(span.size)',
  '{} | avg_over_time(duration)',
  '{} | sum_over_time(duration)',
  '{} | histogram_over_time(duration) by (name)',
  '{} | quantile_over_time(duration, 0.99, 0.9) by (name)',
  '{} | compare({status=error})',
  '{} | compare({status=error}, 10)',
  '{} | compare({status=error}, 10, 1700000000000000000, 1700000060000000000)',
  '{} | rate() by (name) | topk(10)',
  '{} | rate() by (name) | bottomk(10)',
  '{} | rate() with(sample=0.1)',
  '{status=error} with(most_recent=true)',
  '{ span.k = "a \\" b" }',
  '{ span.k = `a " b` }',
  '{ span."a b" = 1 }',
  '{ true } // comment',
]
/** Sent as well, and refused by Grafana's grammar. */
const beyondLezer = [
  '{nestedSetParent<0}',
  '{nestedSetParent<0 && status=error} &>> {status=error} | select(status, resource.service.name, name, nestedSetParent, nestedSetLeft, nestedSetRight)',
  '{} | quantile_over_time(duration, .9)',
  '{childCount>2}',
  '{duration>1h30m}',
  '{span.a>1.5e3}',
  '{name="a"} ~ {name="b"}',
  '{} | rate() > 5 | topk(3)',
]

test.each([...sent, ...beyondLezer])('%s', (text) => {
  const { query, mistake } = parseQuery(text)
  expect(mistake).toBeUndefined()
  expect(parseQuery(printQuery(query!)).query).toEqual(query)
})

test('what the grammar of Grafana reads without a mistake is read here', () => {
  const readable = sent.filter((text) => !hasMistake(text))
  // Most of them: else this shows nothing.
  expect(readable.length).toBeGreaterThan(sent.length * 0.8)
  expect(readable.filter((text) => parseQuery(text).mistake !== undefined)).toEqual([])
})

function hasMistake(text: string): boolean {
  let isFound = false
  parser.parse(text).iterate({ enter: ({ type }) => void (isFound ||= type.isError) })
  return isFound
}

// Trees as the parser makes them

const key = fc.oneof(
  fc.constantFrom('http.method', 'a', 'span.a', '9', 'a b', 'ä"ö\\', 'x=y', 'a-1', 'a//b'),
  fc.string({ minLength: 1, unit: 'binary' }),
)
const field: fc.Arbitrary<Field> = fc.oneof(
  fc.constantFrom(...intrinsics).map((name): Field => ({ type: 'intrinsic', name })),
  fc
    .record({
      scope: fc.constantFrom('any', 'span', 'resource', 'event', 'link', 'instrumentation'),
      key,
      ofParent: fc.boolean(),
    })
    .map(({ scope, ofParent, ...of }): Field => {
      const mayBeOfParent = scope === 'any' || scope === 'span' || scope === 'resource'
      return { type: 'attribute', scope: scope as 'any', ...of, ofParent: ofParent && mayBeOfParent }
    }),
)
const attribute = field.filter(({ type }) => type === 'attribute')
const number: fc.Arbitrary<Static> = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): Static => ({ type: 'int', value })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value): Static => ({ type: 'float', value })),
  fc
    .bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })
    .map((nano): Static => ({ type: 'duration', nano })),
)
const comparison = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
const operator = fc.constantFrom('+', '-', '*', '/', '%', '^')

/** A minus before one is a part of it. */
const isNumber = (of: Expression) => of.type === 'static'

const { condition } = fc.letrec<{ numeric: Expression; condition: Expression }>((tie) => ({
  numeric: fc.oneof(
    { maxDepth: 4 },
    attribute.map((of): Expression => ({ type: 'field', field: of })),
    number.map((value): Expression => ({ type: 'static', value })),
    tie('numeric')
      .filter((of) => !isNumber(of))
      .map((of): Expression => ({ type: 'negative', of })),
    fc
      .tuple(operator, tie('numeric'), tie('numeric'))
      .map(([op, left, right]): Expression => ({ type: 'arithmetic', op: op as '+', left, right })),
  ),
  condition: fc.oneof(
    { maxDepth: 4 },
    fc
      .tuple(comparison, tie('numeric'), tie('numeric'))
      .map(([op, left, right]): Expression => ({ type: 'compare', op: op as '=', left, right })),
    fc
      .tuple(fc.constantFrom('=', '!=', '<', '>='), attribute, fc.string({ unit: 'binary' }))
      .map(([op, of, text]): Expression => ({
        type: 'compare',
        op: op as '=',
        left: { type: 'field', field: of },
        right: { type: 'static', value: { type: 'string', value: text } },
      })),
    fc.tuple(fc.constantFrom('=', '!='), attribute).map(([op, of]): Expression => ({
      type: 'compare',
      op: op as '=',
      left: { type: 'field', field: of },
      right: { type: 'static', value: { type: 'nil' } },
    })),
    tie('condition').map((of): Expression => ({ type: 'not', of })),
    fc
      .tuple(fc.constantFrom('and', 'or'), tie('condition'), tie('condition'))
      .map(([type, left, right]): Expression => ({ type: type as 'and', left, right })),
  ),
}))

const scalar = fc.letrec<{ scalar: Scalar }>((tie) => ({
  scalar: fc.oneof(
    { maxDepth: 3 },
    fc.constant<Scalar>({ type: 'aggregate', aggregate: { fn: 'count' } }),
    fc.tuple(fc.constantFrom('avg', 'min', 'max', 'sum'), attribute).map(([fn, of]): Scalar => ({
      type: 'aggregate',
      aggregate: { fn: fn as 'avg', of: { type: 'field', field: of } },
    })),
    number.map((value): Scalar => ({ type: 'static', value })),
    fc
      .tuple(operator, tie('scalar'), tie('scalar'))
      .map(([op, left, right]): Scalar => ({ type: 'arithmetic', op: op as '+', left, right })),
  ),
})).scalar
const aggregate: Scalar = { type: 'aggregate', aggregate: { fn: 'count' } }

const { pipeline } = fc.letrec<{ spanset: Spanset; stage: Stage; pipeline: Pipeline }>((tie) => ({
  spanset: fc.oneof(
    { maxDepth: 3 },
    fc.option(condition, { nil: undefined }).map((of): Spanset => ({ type: 'filter', condition: of })),
    fc
      .tuple(fc.constantFrom('and', 'or'), tie('spanset'), tie('spanset'))
      .map(([type, left, right]): Spanset => ({ type: type as 'and', left, right })),
    fc
      .tuple(
        fc.constantFrom('child', 'descendant', 'parent', 'ancestor', 'sibling'),
        fc.constantFrom('plain', 'not', 'union'),
        tie('spanset'),
        tie('spanset'),
      )
      .map(([relation, mode, left, right]): Spanset => {
        return { type: 'structural', relation: relation as 'child', mode: mode as 'plain', left, right }
      }),
    tie('pipeline')
      .filter(({ stages }) => stages.length > 0)
      .map((of): Spanset => ({ type: 'pipeline', pipeline: of })),
  ),
  stage: fc.oneof(
    { maxDepth: 3 },
    fc.constant<Stage>({ type: 'coalesce' }),
    attribute.map((of): Stage => ({ type: 'by', by: { type: 'field', field: of } })),
    fc.array(field, { minLength: 1, maxLength: 3 }).map((fields): Stage => ({ type: 'select', fields })),
    fc.tuple(comparison, scalar, fc.boolean()).map(([op, of, isLeft]): Stage => {
      const [left, right] = isLeft ? [of, aggregate] : [aggregate, of]
      return { type: 'scalarFilter', op: op as '=', left, right }
    }),
    tie('spanset').map((spanset): Stage => ({ type: 'spanset', spanset })),
  ),
  pipeline: fc.record({ first: tie('spanset'), stages: fc.array(tie('stage'), { maxLength: 3 }) }),
}))

const query: fc.Arbitrary<Query> = fc.record({
  pipeline,
  metrics: fc.option(
    fc.record({
      measure: fc.oneof(
        fc.constant({ fn: 'rate' as const }),
        attribute.map((of) => ({ fn: 'histogram_over_time' as const, of })),
        fc
          .tuple(
            attribute,
            fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }),
          )
          .map(([of, quantiles]) => ({ fn: 'quantile_over_time' as const, of, quantiles })),
      ),
      by: fc.array(field, { maxLength: 3 }),
      choose: fc.array(
        fc.oneof(
          fc.record({
            fn: fc.constantFrom('topk' as const, 'bottomk' as const),
            limit: fc.integer({ min: 1 }),
          }),
          fc.record({
            fn: fc.constant('where' as const),
            op: comparison as fc.Arbitrary<'='>,
            value: fc.double({ noNaN: true, noDefaultInfinity: true }),
          }),
        ),
        { maxLength: 3 },
      ),
    }),
    { nil: undefined },
  ),
  hints: fc.array(fc.record({ name: fc.constantFrom('a', 'most_recent'), value: number }), { maxLength: 2 }),
})

test(
  'a tree that is printed parses to the same tree',
  () => {
    fc.assert(
      fc.property(query, (tree) => {
        const text = printQuery(tree)
        const { query: parsed, mistake } = parseQuery(text)
        expect(mistake, text).toBeUndefined()
        expect(parsed).toEqual(tree)
      }),
      { numRuns: 1_000 },
    )
  },
  propertyMs,
)

test(
  'any text at all is a query or has a mistake within it',
  () => {
    const piece = fc.constantFrom(
      ...'{ } ( ) | && || = != =~ > >> ~ ! - + * . , " ` 5 1h .9 span. name status error by count avg with rate select'.split(
        ' ',
      ),
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join(' ')),
    )
    fc.assert(
      fc.property(text, (given) => {
        const { query: parsed, mistake } = parseQuery(given)
        expect(parsed === undefined).toBe(mistake !== undefined)
        const { from, to } = mistake?.range ?? { from: 0, to: 0 }
        expect([from >= 0, from <= to, to <= given.length]).toEqual([true, true, true])
      }),
      { numRuns: 2_000 },
    )
  },
  propertyMs,
)
