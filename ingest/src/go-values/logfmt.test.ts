import { expect, test } from 'vitest'
import { logfmtOf } from './logfmt.ts'

test.for([
  ['', []],
  ['a=b', [['a', 'b']]],
  [
    '  service.name=shop   http.url="/a b"  ',
    [
      ['service.name', 'shop'],
      ['http.url', '/a b'],
    ],
  ],
  [String.raw`say="he said \"no\""`, [['say', 'he said "no"']]],
  [String.raw`path="C:\dir"`, [['path', 'C:dir']]],
  [
    'alone other=1',
    [
      ['alone', ''],
      ['other', '1'],
    ],
  ],
  [
    'empty= next=2',
    [
      ['empty', ''],
      ['next', '2'],
    ],
  ],
  ['"a key"=1', [['a key', '1']]],
] as const)('%s', ([line, pairs]) => expect(logfmtOf(line)).toEqual({ ok: true, pairs }))

test.for(['=x', 'a==b', 'a="open', 'a=b"c'])('%s is refused with its place', (line) =>
  expect(logfmtOf(line)).toEqual({ ok: false, mistake: expect.stringMatching(/^at character \d+ /) }),
)
