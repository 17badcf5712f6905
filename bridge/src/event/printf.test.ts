// What would break: a hand-written script to the printf contract whose spans are lost or mixed up because of what
// stands in an id, or of how bpftrace cuts its output.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { absent, fixtureLines } from '../../test/fixture.ts'
import { readOutput } from '../bpftrace/output.ts'
import { timeOfNs } from '../time/instant.ts'
import { PrintfReader } from './printf.ts'

const startLine = (id: string, timestamp: bigint | string = 1706285000000000000n): string =>
  `{"event":"request_start","reqid":"${id}","timestamp":${timestamp}}\n`
const endLine = (
  id: string,
  start: bigint | string = 1706285000000000000n,
  duration: bigint | string = 2500000n,
) => `{"event":"request_end","reqid":"${id}","start":${start},"duration":${duration}}\n`

/** What is read of `records`, in short. */
function read(...records: string[]): string[] {
  const reader = new PrintfReader()
  return records
    .flatMap((record) => reader.read(record))
    .map((result) => (result.ok ? `${result.event.phase} ${result.event.key}` : `failure: ${result.reason}`))
}

test('a start and an end, as the contract writes them', () => {
  const reader = new PrintfReader()
  const [start] = reader.read('{"event":"request_start","reqid":"req-123","timestamp":1706285000000000000}\n')
  const [end] = reader.read(
    '{"event":"request_end","reqid":"req-123","start":1706285000000000001,"duration":2500000}\n',
  )
  expect(start).toMatchObject({
    ok: true,
    event: {
      phase: 'start',
      key: 'req-123',
      span: { id: 'request', kind: 'server', nameTemplate: 'request' },
      at: timeOfNs(1706285000000000000n),
      programStart: timeOfNs(1706285000000000000n),
    },
  })
  expect(end).toMatchObject({
    ok: true,
    event: {
      phase: 'end',
      key: 'req-123',
      at: timeOfNs(1706285000002500001n),
      programDuration: timeOfNs(2500000n),
    },
  })
})

test('the id is an attribute of the span: the user finds the request by it', () => {
  const [start] = new PrintfReader().read(startLine('req-7'))
  expect(start?.ok && start.event.attributes).toEqual(['req-7'])
})

test('names, order of keys, white space and further keys are free', () => {
  expect(
    read(
      '{"timestamp": 5, "reqid": "a", "event": "job_start"}\n',
      ' { "event" : "job_end" , "reqid" : "a" , "start" : 5 , "duration" : 2 } \n',
      '{"event":"job_start","reqid":"b","pid":7,"timestamp":5}\n',
      '{"event":"job_start","reqid":42,"timestamp":5}\n',
    ),
  ).toEqual(['start a', 'end a', 'start b', 'start 42'])
})

const oddIds = [
  'q"uote',
  '"',
  '","',
  'back\\slash',
  '\\',
  'new\\nline',
  'nl\nline',
  '\n',
  'a\n\nb',
  'tab\tx',
  'unié☕',
  '{"',
  '}',
  ' ',
]

test.each(oddIds)('an id is read as the program had it, though printf escapes nothing: %j', (id) => {
  const reader = new PrintfReader()
  const keys = [startLine(id), endLine(id)]
    .flatMap((line) => reader.read(line))
    .map((each) => each.ok && each.event.key)
  expect(keys).toEqual([id, id])
})

test('several lines in one record, odd ids among them, are as many events', () => {
  const ids = ['a', 'q"uote', 'nl\nline', 'back\\nslash', 'b']
  expect(read(ids.map((id) => startLine(id) + endLine(id)).join(''))).toEqual(
    ids.flatMap((id) => [`start ${id}`, `end ${id}`]),
  )
})

test('one line in several records is one event', () => {
  const line = startLine('split')
  for (let cut = 1; cut < line.length; cut += 1) {
    expect(read(line.slice(0, cut), line.slice(cut))).toEqual(['start split'])
  }
  expect(read(...line.split(''))).toEqual(['start split'])
})

test('two ids that differ only in an escape stay two ids', () => {
  expect(read(startLine(String.raw`a\nb`), startLine('a\nb'))).toEqual([String.raw`start a\nb`, 'start a\nb'])
})

test('any ids, printed in any grouping, are read back', () => {
  const id = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', 'é', '{', '}', ',', ' ') })
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.boolean()), { minLength: 1 }), (printed) => {
      const records = printed.reduce<string[]>(
        (groups, [text, joined]) => {
          if (joined) groups.push(groups.pop() + startLine(text))
          else groups.push(startLine(text))
          return groups
        },
        [''],
      )
      expect(read(...records)).toEqual(printed.map(([text]) => `start ${text}`))
    }),
  )
})

test.each([
  ['a greeting', 'Tracing... Hit Ctrl-C to end.\n', /not an event: Tracing/],
  ['another JSON', '{"e":"plain","n":0}\n', /"event" is neither/],
  ['an event without a phase', '{"event":"request","reqid":"a","timestamp":1}\n', /"event" is neither/],
  ['an event without a name', '{"event":"_start","reqid":"a","timestamp":1}\n', /"event" is neither/],
  ['a start without a time', '{"event":"x_start","reqid":"a"}\n', /needs timestamp/],
  ['an end without a duration', '{"event":"x_end","reqid":"a","start":1}\n', /needs start and duration/],
  ['a time with a fraction', '{"event":"x_start","reqid":"a","timestamp":1.5}\n', /needs timestamp/],
  ['a negative time', startLine('a', '-1'), /needs timestamp/],
  ['a negative time of 64 bits', startLine('a', '-9223372036854775807'), /needs timestamp/],
  ['a time beyond 2262', startLine('a', '18446744073709551615'), /needs timestamp/],
  ['the same with an odd id', startLine('q"', '18446744073709551615'), /needs timestamp/],
  [
    'a negative duration printed unsigned',
    endLine('a', '5', '18446744073709551615'),
    /needs start and duration/,
  ],
  ['half a line', '{"event":"request_start","reqid":"a\n', /not an event/],
])('is a failure that says why, and no event: %s', (_, text, reason) => {
  const results = new PrintfReader().read(text)
  expect(results).toEqual([{ ok: false, reason: expect.stringMatching(reason) }])
})

test('junk before, between and behind takes no event with it', () => {
  expect(read(`hello\n${startLine('a')}noise\n${endLine('a')}bye\n`)).toEqual([
    'failure: not an event: hello',
    'start a',
    'failure: not an event: noise',
    'end a',
    'failure: not an event: bye',
  ])
  const half = '{"event":"request_start","reqid":"lost'
  expect(read(`${half}\n${startLine('a')}`)).toEqual([`failure: not an event: ${half}`, 'start a'])
})

test('a greeting without a line end takes no event with it', () => {
  expect(read('Tracing... ', startLine('a'))).toEqual(['failure: not an event: Tracing... ', 'start a'])
})

test('what is held of a line without an end is bounded; what comes after is read again', () => {
  const reader = new PrintfReader()
  const results = Array.from({ length: 70 }, () => reader.read('x'.repeat(1000))).flat()
  expect(results).toEqual([{ ok: false, reason: expect.stringMatching(/no line end within 65536/) }])
  reader.read('\n')
  expect(reader.read(startLine('a'))).toMatchObject([{ ok: true }])
})

test('event names from the data cannot fill the memory', () => {
  const reader = new PrintfReader()
  const results = Array.from({ length: 2000 }, (_, index) =>
    reader.read(`{"event":"n${index}_start","reqid":"a","timestamp":1}\n`),
  ).flat()
  expect(results.filter((each) => each.ok)).toHaveLength(1000)
  expect(results.at(-1)).toMatchObject({ ok: false, reason: /more than 1000 event names/ })
})

test('a large record of junk takes no quadratic time', () => {
  // Of the CPU, which other work on the machine does not take from.
  const before = process.cpuUsage()
  read('{\n}\n'.repeat(16_000))
  read('{"event"\n'.repeat(7_000))
  read('{"event":"a_start","reqid":"\n'.repeat(2_000))
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000)
})

test.skipIf(absent('bpftrace/0.17.0-strings.jsonl')).each(['0.17.0', '0.23.2', '0.27.1'])(
  'strings as %s printed them by printf: unquoted as they are, each line of its own',
  (version) => {
    const reader = new PrintfReader()
    const results = fixtureLines(`bpftrace/${version}-strings.jsonl`)
      .map(readOutput)
      .flatMap((record) => (record.kind === 'printf' ? [record.text] : []))
      // The recording's own form, turned into the contract's.
      .map((text) =>
        text
          .replace(/^\{"e":/, '{"event":"t_start","reqid":')
          .replace(/,"n":(\d+)\}\n$/, ',"timestamp":$1}\n'),
      )
      .flatMap((text) => reader.read(text))
    const keys = results.map((each) => (each.ok ? each.event.key : each.reason))
    expect(keys.slice(0, 9)).toEqual([
      'plain',
      'q"uote',
      'back\\slash',
      'nl\nline',
      'tab\tx',
      'bad\udcff\udcfeutf',
      'unié',
      'ctl\u0001\u001f',
      '',
    ])
    expect(results.every((each) => each.ok)).toBe(true)
    expect(results).toHaveLength(30)
  },
)
