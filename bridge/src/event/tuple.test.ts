// What would break: spans whose times, attributes or parent are not what the program passed to its probe; or a record
// of the wrong shape that is taken for an event.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { definitionWith, spanDefinition } from '../../test/probe-events.ts'
import { parseJson, type JsonValue } from '../bpftrace/json.ts'
import { addTimes, timeOfNs } from '../time/instant.ts'
import type { ProbeEvent } from './event.ts'
import { TupleLineReader } from './tuple-line.ts'
import { TupleReader, type ToUnix } from './tuple.ts'

const request = spanDefinition({
  time: { start: 'arg1', duration: 'arg2' },
  traceparentExpression: 'str(arg2)',
  errorExpression: 'arg3 >= 500',
  attributes: [
    { key: 'id', at: 'start', expression: 'str(arg0)' },
    { key: 'method', at: 'start', expression: 'str(arg3)' },
    { key: 'status', at: 'end', expression: 'arg3' },
    { key: 'ok', at: 'end', expression: 'arg4', type: 'boolean' },
    { key: 'account', at: 'end', expression: 'arg5', type: 'string' },
  ],
})
const plain = spanDefinition({ id: 'plain' })
const bootToUnixNs = 1_795_000_000_000_000_000n
const toUnix: ToUnix = (boot) => addTimes(boot, timeOfNs(bootToUnixNs))
const unix = (bootNs: bigint): [number, number] => timeOfNs(bootNs + bootToUnixNs)
const reader = new TupleReader(definitionWith(request, plain), toUnix)
const lineReader = new TupleLineReader(definitionWith(request, plain), toUnix)

const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const start = `["request","start",1521427265114,379,380,"req-1",1795150740534578541,"${parent}","GET"]`
const end = '["request","end",1521427265999,379,380,"req-1",2500000,0,200,1,12345678901234567890]'

function readFast(from: TupleLineReader, line: string): ProbeEvent | undefined {
  // In the midst of others, as it comes.
  const bytes = Buffer.from(`"],7\n${line}\n]}"`)
  const head = from.head(bytes, 5, bytes.length - 4)
  return head && from.body(head)
}

function read(line: string): ReturnType<TupleReader['read']> {
  const parsed = parseJson(line)
  if (!parsed.ok) throw new Error(parsed.reason)
  return reader.read(parsed.value as JsonValue[])
}

test('a start: kernel time mapped exactly, the program’s own time, the caller, its attributes', () => {
  expect(read(start)).toEqual({
    ok: true,
    event: {
      span: request,
      phase: 'start',
      at: unix(1521427265114n),
      pid: 379,
      tid: 380,
      key: 'req-1',
      programStart: timeOfNs(1795150740534578541n),
      programDuration: undefined,
      error: false,
      event: undefined,
      message: undefined,
      links: undefined,
      counter: 1,
      remoteParent: {
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        spanId: '00f067aa0ba902b7',
        traceFlags: 1,
        isRemote: true,
      },
      attributes: ['req-1', 'GET'],
    },
  })
})

test('an end: duration, error and typed attributes; an integer that a double would round is text', () => {
  expect(read(end)).toEqual({
    ok: true,
    event: {
      span: request,
      phase: 'end',
      at: unix(1521427265999n),
      pid: 379,
      tid: 380,
      key: 'req-1',
      programStart: undefined,
      programDuration: timeOfNs(2500000n),
      error: false,
      event: undefined,
      message: undefined,
      links: undefined,
      counter: 9,
      remoteParent: undefined,
      attributes: [200, true, '12345678901234567890'],
    },
  })
})

test.each([
  ['0', false],
  ['1', true],
  ['-1', true],
  ['true', true],
  ['false', false],
  ['18446744073709551615', true],
])('an error expression of %s', (value, expected) => {
  const result = read(end.replace('2500000,0,', `2500000,${value},`))
  expect(result).toMatchObject({ ok: true, event: { error: expected } })
})

test('a traceparent that is none leaves the event without a caller', () => {
  const result = read(start.replace(parent, ''))
  expect(result).toMatchObject({ ok: true, event: { remoteParent: undefined } })
})

test('nsecs beyond 2^53 (a machine that is up for 105 days) keep every digit, as digits and as a string', () => {
  for (const written of ['9007199254740993', '"9007199254740993"']) {
    expect(read(`["plain","start",${written},1,1,"k"]`)).toMatchObject({
      ok: true,
      event: { at: unix(9007199254740993n) },
    })
  }
})

test('times that 0.24 and later print as strings are read as the integers that they are', () => {
  expect(read(start.replace('1795150740534578541', '"1795150740534578541"'))).toMatchObject({
    ok: true,
    event: { programStart: timeOfNs(1795150740534578541n) },
  })
})

test('a key need not be a string; equal numbers are equal keys on every version', () => {
  const keys = ['7', '0', '-1', '18446744073709551615', '"18446744073709551615"', '[1,"a"]', '""'].map(
    (key) => {
      const result = read(`["plain","start",1,1,1,${key}]`)
      return result.ok ? result.event.key : result.reason
    },
  )
  expect(keys).toEqual(['7', '0', '-1', '18446744073709551615', '18446744073709551615', '[1,"a"]', ''])
})

test.each([
  ['an unknown definition', '["other","start",1,1,1,"k"]', /no definition of other start/],
  ['an unknown phase', '["plain","middle",1,1,1,"k"]', /no definition of plain middle/],
  ['nothing at all', '[]', /no definition/],
  ['a value too few', '["plain","end",1,1,1]', /plain end has 5 elements where 6 are declared/],
  ['a value too many', '["plain","end",1,1,1,"k",2]', /has 7 elements where 6/],
  ['nsecs that are no integer', '["plain","end","soon",1,1,"k"]', /nsecs/],
  ['nsecs with a fraction', '["plain","end",1.5,1,1,"k"]', /nsecs/],
  ['a pid that is text', '["plain","end",1,"x",1,"k"]', /pid/],
  ['a start time that is text', start.replace('1795150740534578541', '"now"'), /time.start arg1/],
  ['a start time before 1970', start.replace('1795150740534578541', '-5'), /time.start arg1/],
  [
    'a start time beyond 2262',
    start.replace('1795150740534578541', '18446744073709551615'),
    /time.start arg1/,
  ],
  ['a duration that is text', end.replace('2500000', '"long"'), /time.duration arg2/],
  ['a negative duration', end.replace('2500000', '-1'), /time.duration arg2/],
  [
    'a negative duration printed unsigned',
    end.replace('2500000', '18446744073709551615'),
    /time.duration arg2/,
  ],
])('is no event, and says why: %s', (_, line, reason) => {
  expect(read(line)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
})

const text = fc.oneof(
  fc.string(),
  fc.constantFrom('', 'GET', parent, 'a"b', 'c\\d', 'é', '\u0001', '/orders/:id'),
)
const integer = fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }))
const element = fc.oneof(
  text.map((value) => JSON.stringify(value)),
  integer.map((value) => value.toString()),
  fc.constantFrom('true', 'false', 'null', '1.5', '-0', '00', '0x1f', '[]'),
)
/** Heads, and how many elements belong behind them: key and values. */
const heads = { '"request","start"': 4, '"request","end"': 6, '"plain","start"': 1, '"plain","end"': 1 }
const tuples = fc
  .constantFrom(...Object.entries(heads))
  .chain(([head, count]) =>
    fc.tuple(fc.constant(head), fc.array(element, { minLength: count, maxLength: count })),
  )

test('what the fast reader reads of a line, the other reads the same', () => {
  const events: [fast: unknown, other: unknown][] = []
  fc.assert(
    fc.property(tuples, fc.nat(6), ([head, elements], spoilt) => {
      // Every sixth has something else in its place of a time, a pid or another integer.
      const times = spoilt === 0 ? elements : ['1521427265114', '7', '8']
      const line = `{"type": "value", "data": [${[head, ...times, ...elements].join(',')}]}`
      const event = readFast(lineReader, line)
      if (event) events.push([{ ok: true, event }, reader.read(dataOf(line))])
    }),
    { numRuns: 5000 },
  )
  expect(events.length).toBeGreaterThan(200)
  for (const [fast, other] of events) expect(fast).toEqual(other)
})

function dataOf(line: string): JsonValue[] {
  const parsed = parseJson(line)
  return parsed.ok ? (parsed.value as { data: JsonValue[] }).data : []
}

test('the fast reader reads the lines that bpftrace prints', () => {
  for (const tuple of [start, end.replace(',12345678901234567890', ',7')]) {
    const event = readFast(lineReader, `{"type": "value", "data": ${tuple}}`)
    expect({ ok: true, event }).toEqual(read(tuple))
  }
})

test.each([
  '',
  '{}',
  '{"type": "value", "data": []}',
  '{"type": "value", "data": ["request","start"',
  '{"type": "value", "data": ["',
])('a line of another form is left to the other reader: %s', (line) => {
  expect(readFast(lineReader, line)).toBeUndefined()
})

test('what a script of the user’s prints otherwise than declared is no event, and says what', () => {
  const typed = spanDefinition({
    attributes: [
      { key: 'status', at: 'end', expression: 'arg2', type: 'int', names: new Map([['ok', 'fine']]) },
      { key: 'route', at: 'end', expression: 'str(arg3)', type: 'string' },
    ],
  })
  const definition = { ...definitionWith(typed), script: '/srv/shop.bt' }
  const scripted = new TupleReader(definition, toUnix)
  const fast = new TupleLineReader(definition, toUnix)
  const cases: [values: string, reason: string][] = [
    ['200,"/"', ''],
    ['"200",7', ''],
    ['"ok","/"', ''],
    ['"200 OK","/"', 'attribute status is declared as int, and is printed as "200 OK"'],
    ['"","/"', 'attribute status is declared as int, and is printed as ""'],
    [
      '200',
      'has 7 elements where 8 are declared: ("request", "end", nsecs, pid, tid, str(arg0), arg2, str(arg3))',
    ],
  ]
  for (const [values, reason] of cases) {
    const line = `{"type": "value", "data": ["request","end",1,1,1,"k",${values}]}`
    const result = scripted.read(dataOf(line))
    expect(result.ok ? '' : result.reason).toContain(reason)
    expect(result.ok).toBe(reason === '')
    // What the fast one reads is right.
    expect(reason === '' || readFast(fast, line) === undefined).toBe(true)
  }
})

const kernel = spanDefinition({
  id: 'kernel',
  pairing: 'kernel',
  attributes: [
    { key: 'method', at: 'start', expression: 'str(arg1)' },
    { key: 'status', at: 'end', expression: 'arg2' },
  ],
})

test('a span that the kernel paired: its start between the key and the end’s values, on both ways', () => {
  const definition = definitionWith(kernel)
  const line = '{"type": "value", "data": ["kernel","span",2000000000,7,9,"k",1000000000,8,"GET",200]}'
  const expected = {
    phase: 'end',
    at: unix(2000000000n),
    tid: 9,
    key: 'k',
    attributes: [200],
    begun: { phase: 'start', at: unix(1000000000n), pid: 7, tid: 8, key: 'k', attributes: ['GET'] },
  }
  expect(readFast(new TupleLineReader(definition, toUnix), line)).toMatchObject(expected)
  const slow = new TupleReader(definition, toUnix)
  expect(slow.read(dataOf(line))).toMatchObject({ ok: true, event: expected })
  expect(slow.read(dataOf(line.replace('1000000000,8', '"soon",8')))).toMatchObject({ ok: false })
})
