// What is read of the whole trace, where spans are equal, missing, or go round in circles.
import { expect, test } from 'vitest'
import type { Field, Static } from './ast.ts'
import { parseQuery } from './parse.ts'
import { compileEvaluation } from './pipeline.ts'
import { readerOf } from './trace-reader.ts'
import type { TraceView } from './trace-view.ts'

type Sketch = { id: string; parent: string; start: bigint; duration: bigint }

function viewOf(spans: Sketch[]): TraceView {
  return {
    spanCount: spans.length,
    parent: (place) => spans.findIndex(({ id }, at) => at !== place && id === spans[place]?.parent),
    startUnixNano: (place) => spans[place]?.start ?? 0n,
    values(place, field): Static[] {
      const { id, parent, duration } = spans[place] ?? { id: '', parent: '', duration: 0n }
      if (field.type === 'attribute') return []
      if (field.name === 'span:duration') return [{ type: 'duration', nano: duration }]
      return [{ type: 'string', value: field.name === 'span:parentID' ? parent : id }]
    },
  }
}

const named = (name: 'trace:rootName' | 'trace:duration' | 'nestedSetLeft'): Field => ({
  type: 'intrinsic',
  name,
})
const rootName = (spans: Sketch[]) => readerOf(viewOf(spans))(0, named('trace:rootName'))

test('a trace is named after the same span as in its summary', () => {
  const one = { id: 'one', parent: '', start: 5n, duration: 1n }
  const longer = { id: 'two', parent: '', start: 5n, duration: 2n }
  const earlier = { id: 'orphan', parent: 'lost', start: 1n, duration: 1n }
  expect(rootName([earlier, one])).toEqual([{ type: 'string', value: 'one' }])
  expect(rootName([one, longer])).toEqual([{ type: 'string', value: 'two' }])
  expect(
    rootName([
      { ...one, id: 'b' },
      { ...one, id: 'a' },
    ]),
  ).toEqual([{ type: 'string', value: 'a' }])
  expect(rootName([earlier, { ...earlier, id: 'late', start: 2n }])).toEqual([
    { type: 'string', value: 'orphan' },
  ])
})

test('a trace lasts from its earliest start to its latest end, also where clocks go backwards', () => {
  const spans = [
    { id: 'a', parent: '', start: 5n, duration: 10n },
    { id: 'b', parent: 'a', start: 7n, duration: -4n },
  ]
  expect(readerOf(viewOf(spans))(1, named('trace:duration'))).toEqual([{ type: 'duration', nano: 10n }])
})

test('spans that are each other’s parents end the walk', () => {
  const circle = ['a', 'b', 'c'].map((id, at) => ({
    id,
    parent: ['b', 'c', 'a'][at] ?? '',
    start: BigInt(at),
    duration: 1n,
  }))
  const spans = [...circle, { id: 'd', parent: 'a', start: 9n, duration: 1n }]
  const read = readerOf(viewOf(spans))
  expect(read(0, named('nestedSetLeft'))).toEqual([{ type: 'int', value: 0n }])
  for (const sign of ['>>', '<<', '!>>', '&<<', '>', '~']) {
    const { query } = parseQuery(`{ } ${sign} { span:id = "d" }`)
    const found = compileEvaluation(query!.pipeline)(viewOf(spans))
    expect(found.flatMap((set) => set.spans).includes(3)).toBe(['>>', '>', '~'].includes(sign))
  }
})

test('a trace as deep as it has spans is walked without running out of stack', () => {
  const spans = Array.from({ length: 3_000 }, (_, at) => ({
    id: String(at),
    parent: at === 0 ? '' : String(at - 1),
    start: BigInt(at),
    duration: 1n,
  }))
  const deep = { ...viewOf(spans), parent: (place: number) => place - 1 }
  const { query } = parseQuery('{ span:id = "0" } >> { nestedSetParent = 2999 }')
  expect(compileEvaluation(query!.pipeline)(deep)).toEqual([{ spans: [2_999], groups: [] }])
})
