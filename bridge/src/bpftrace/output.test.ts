// What would break: a record of some bpftrace version that is not understood: events lost, losses not counted.
import { describe, expect, test } from 'vitest'
import { absent, fixtureLines } from '../../test/fixture.ts'
import { readOutput } from './output.ts'

test.each([
  [
    'attached, up to 0.23',
    '{"type": "attached_probes", "data": {"probes": 2}}',
    { kind: 'attached', probes: 2 },
  ],
  [
    'attached, from 0.24',
    '{"type": "attached_probes", "count": 1, "data": {"probes": 1}}',
    { kind: 'attached', probes: 1 },
  ],
  ['tuple', '{"type": "value", "data": ["a",1]}', { kind: 'value', value: ['a', 1] }],
  ['scalar', '{"type": "value", "data": 2}', { kind: 'value', value: 2 }],
  ['value without data', '{"type": "value"}', { kind: 'value', value: null }],
  ['printf', String.raw`{"type": "printf", "data": "a\n"}`, { kind: 'printf', text: 'a\n' }],
  ['map', '{"type": "map", "data": {"@c": {"x": 3}}}', { kind: 'map', maps: { '@c': { x: 3 } } }],
  ['lost', '{"type": "lost_events", "data": {"events": 7}}', { kind: 'lost', events: 7 }],
  [
    'lost, from 0.24',
    '{"type": "lost_events", "count": 7, "data": {"events": 7}}',
    { kind: 'lost', events: 7 },
  ],
  ['lost, in hexadecimal', '{"type": "lost_events", "data": {"events": 1f}}', { kind: 'lost', events: 31 }],
  [
    'lost, in hexadecimal with its count',
    '{"type": "lost_events", "count": a, "data": {"events": a}}',
    { kind: 'lost', events: 10 },
  ],
  [
    'lost, in hexadecimal that looks like an exponent',
    '{"type": "lost_events", "data": {"events": 1e2}}',
    { kind: 'lost', events: 0x1e2 },
  ],
  [
    'lost, beyond what a double holds, as 0.24 prints it',
    '{"type": "lost_events", "data": {"events": "9007199254740993"}}',
    { kind: 'lost', events: 9007199254740992 },
  ],
  ['time', String.raw`{"type": "time", "data": "12:00:00\n"}`, { kind: 'other', type: 'time' }],
  [
    'histogram',
    '{"type": "hist", "data": {"@h": [{"min": 1, "count": 2}]}}',
    { kind: 'other', type: 'hist' },
  ],
  ['stats', '{"type": "stats", "data": {"@s": {"count": 1}}}', { kind: 'other', type: 'stats' }],
  ['time series', '{"type": "tseries", "data": {"@t": []}}', { kind: 'other', type: 'tseries' }],
  ['join', '{"type": "join", "data": "ls -l"}', { kind: 'other', type: 'join' }],
  ['cat', '{"type": "cat", "data": "x"}', { kind: 'other', type: 'cat' }],
  ['syscall', '{"type": "syscall", "data": "x"}', { kind: 'other', type: 'syscall' }],
  ['a type of the future', '{"type": "wonder", "data": 1}', { kind: 'other', type: 'wonder' }],
])('%s', (_, line, expected) => {
  expect(readOutput(line)).toEqual(expected)
})

test.each(['helper_error', 'errorf', 'runtime_error', 'warnf'])('%s is a complaint with its text', (type) => {
  const record = readOutput(
    `{"type": "${type}", "msg": "Bad address", "helper": "probe_read", "retcode": -14}`,
  )
  expect(record).toMatchObject({ kind: 'error', type, message: /Bad address/ })
})

test.each(['No probes to attach', '', '{"type": "value", "da', '[1]', '3', '{"no": "type"}', '{"type": 3}'])(
  'is no record, and stays readable: %s',
  (line) => {
    expect(readOutput(line)).toMatchObject({ kind: 'text', text: line })
  },
)

const strings = [
  'plain',
  'q"uote',
  'back\\slash',
  'nl\nline',
  'tab\tx',
  'bad\udcff\udcfeutf',
  'unié',
  'ctl\u0001\u001f',
  '',
]

describe.for([
  ['0.17.0', 199],
  ['0.23.2', 399],
  ['0.27.1', 399],
] as const)('as recorded from %s', ([version, longLength]) => {
  const name = `bpftrace/${version}-strings.jsonl`

  test.skipIf(absent(name))('every string comes out as the program had it, three times over', () => {
    const records = fixtureLines(name)
      .filter((line) => line !== '')
      .map(readOutput)
    const expected = [...strings, 'A'.repeat(longLength)]
    const values = records.flatMap((each) => (each.kind === 'value' ? [each.value] : []))
    expect(values.map((value) => (value as unknown[])[0])).toEqual([...expected, ...expected, ...expected])
    const printed = records.flatMap((each) => (each.kind === 'printf' ? [each.text] : []))
    const texts = expected.map((text, index) => `{"e":"${text}","n":${index === 9 ? 99 : index}}\n`)
    expect(printed).toEqual([...texts, ...texts, ...texts])
    expect(records.filter((each) => each.kind === 'text')).toEqual([])
  })

  // Keys are not looked at: 0.23 escapes them twice.
  test.skipIf(absent(name))('the map at the end, behind two blank lines, counts each string', () => {
    const maps = fixtureLines(name).map(readOutput)
    const counts = maps.find((each) => each.kind === 'map')?.maps['@c'] as { [key: string]: number }
    expect(Object.values(counts)).toEqual(Array.from({ length: 10 }, () => 3))
  })
})
