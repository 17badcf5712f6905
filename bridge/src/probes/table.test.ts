// What would break: a table that is misread, or a name in a file that moves the cursor of whoever reads it.
import { expect, test } from 'vitest'
import { fileOf, probe } from '../../test/probe-summaries.ts'
import { globPattern } from './run.ts'
import { probesJson, probeTable } from './table.ts'

const files = [
  fileOf(
    '/opt/shop',
    probe('shop', 'audit', 'u64/ptr'),
    { ...probe('shop', 'order_end', 'u64/ptr', 'i32'), semaphore: true, places: 3 },
    probe('shop', 'order_start', 'u64/ptr'),
  ),
]

test('pairs stand together and first', () => {
  expect(probeTable(files)).toBe(`/opt/shop  (3 probes, 1 likely pair)
   Probe             Args  Types         Semaphore  Places
┌  shop:order_start  1     u64/ptr       no         1
└  shop:order_end    2     u64/ptr, i32  yes        3
   shop:audit        1     u64/ptr       no         1`)
})

test('control characters are shown, not obeyed', () => {
  const table = probeTable([fileOf('/opt/\u001b[2J', probe('p', 'a\u0007'))])
  expect(table).toContain('/opt/\\x1b[2J')
  expect(table).toContain('p:a\\x07')
})

test('JSON has the same, with where each argument is', () => {
  expect(JSON.parse(probesJson(files))).toMatchObject({
    files: [
      {
        file: '/opt/shop',
        probes: [{ name: 'audit', arguments: [{ type: 'u64/ptr', bytes: 8, operand: '%rdi' }] }, {}, {}],
        pairs: [{ provider: 'shop', stem: 'order', start: 'order_start', end: 'order_end' }],
      },
    ],
  })
})

test.each([
  ['hotspot*', ['hotspot', 'hotspot_jni'], ['xhotspot']],
  ['p?p', ['php', 'pxp'], ['phhp', 'pp']],
  ['a.b', ['a.b'], ['axb']],
  ['[a]', ['[a]'], ['a']],
])('the glob %s', (glob, matching, others) => {
  expect(matching.every((name) => globPattern(glob).test(name))).toBe(true)
  expect(others.some((name) => globPattern(glob).test(name))).toBe(false)
})
