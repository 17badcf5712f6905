// What would break: a definition to start from that the bridge itself refuses, or that pairs what does not belong
// together without saying so.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileOf, probe } from '../../test/probe-summaries.ts'
import { probesOf } from '../definition/definition.ts'
import { parseDefinition } from '../definition/load.ts'
import type { TargetSelection } from '../target/target.ts'
import { starterDefinition } from './starter.ts'

const textOf = (
  ...probes: Parameters<typeof fileOf> extends [string, ...infer Rest] ? Rest : never
): string => starterDefinition([fileOf('/opt/shop', ...probes)], {})?.text ?? ''

test('a pair becomes a span; the argument that both sides pass first is its key', () => {
  const text = textOf(
    probe('shop', 'order__start', 'u64/ptr', 'i32', 'u64/ptr'),
    probe('shop', 'order__done', 'u64/ptr', 'f64', 'u32', '?'),
  )
  const definition = parseDefinition(text, 'shop.yaml')
  expect(definition).toMatchObject({ name: 'shop', resource: { 'service.name': 'shop' } })
  const span = definition.spans.get('order')
  expect(span).toMatchObject({
    probes: { start: { name: 'order__start' }, end: { name: 'order__done' } },
    match: { start: ['str(arg0)'], end: ['str(arg0)'] },
  })
  expect(span?.attributes).toEqual([
    { key: 'order.start.arg0', at: 'start', expression: 'str(arg0)' },
    { key: 'order.start.arg1', at: 'start', expression: '(int32)arg1' },
    { key: 'order.end.arg2', at: 'end', expression: 'arg2' },
  ])
  expect(text).toContain('taken for the text that names the request')
  expect(text).toContain('# order.start.arg2: { at: start, value: str(arg2) } # text? If a number: arg2')
  expect(text).toContain('# arg1 is a floating-point number: bpftrace cannot read it')
  expect(text).toContain('# order.end.arg3: { at: end, value: arg3 } # its size differs or is not said')
})

test.each([
  ['a number', ['i64'], ['i64'], 'arg0', 'taken for the id of the request'],
  ['a text or address', ['u64/ptr'], ['u64/ptr'], 'str(arg0)', 'If it is a number or an'],
  ['nothing', [], [], 'tid', 'No argument stands out as a key'],
  ['different types', ['u64/ptr'], ['i32'], 'tid', 'No argument stands out as a key'],
  ['an unknown type', ['?'], ['?'], 'tid', 'No argument stands out as a key'],
  ['a double', ['f64'], ['f64'], 'tid', 'No argument stands out as a key'],
])('both sides pass %s first: the key is explained', (_, start, end, match, why) => {
  const text = textOf(probe('shop', 'x_start', ...start), probe('shop', 'x_end', ...end))
  expect(parseDefinition(text, 'x.yaml').spans.get('x')?.match.start).toEqual([match])
  expect(text).toContain(why)
})

test('programs whose threads do one at a time are keyed by thread, whatever they pass', () => {
  const text = textOf(
    probe('postgresql', 'query__start', 'u64/ptr'),
    probe('postgresql', 'query__done', 'u64/ptr'),
  )
  expect(parseDefinition(text, 'x.yaml').spans.get('query')?.match.start).toEqual(['tid'])
  expect(text).toContain('provider postgresql does one at a time')
})

test('the provider of most use is chosen, the others are told: calls of functions count least', () => {
  const calls = ['a', 'b', 'c'].flatMap((name) => [
    probe('calls', `${name}__entry`),
    probe('calls', `${name}__return`),
  ])
  const file = fileOf('/opt/jvm', ...calls, probe('vm', 'gc__begin'), probe('vm', 'gc__end'))
  const starter = starterDefinition([file], { name: 'mine', target: { kind: 'pid', pid: 12 } })
  expect(starter?.otherProviders).toEqual(['calls'])
  const mine = parseDefinition(starter?.text ?? '', 'x.yaml')
  expect(mine.name).toBe('mine')
  expect(probesOf(mine).map((each) => each.kind === 'usdt' && each.provider)).toContain('vm')
  expect(starter?.text).toContain('probespan bridge --pack mine.yaml --pid 12\n')
  expect(textOf(...calls)).toContain('# Fires at every call.')
})

test('an argument that bpftrace before 0.24 does not read is left out, saying so', () => {
  const many = Array.from({ length: 8 }, () => 'i32')
  const text = textOf(probe('shop', 'x_start', ...many), probe('shop', 'x_end'))
  expect(parseDefinition(text, 'x').spans.get('x')?.attributes).toHaveLength(6)
  expect(text).toContain('# x.start.arg6: { at: start, value: arg6 } # only from bpftrace 0.24 on')
})

const file = fileOf('/opt/shop', probe('shop', 'a_start'), probe('shop', 'a_end'))

test.each([
  ['own', './own'],
  ['own.yaml', 'own.yaml'],
  ['/srv/my packs/own.yaml', "'/srv/my packs/own.yaml'"],
])('written to %s it says to run %s, which is that file', (path, said) => {
  const text = starterDefinition([file], { name: 'mine', path, target: { kind: 'pid', pid: 12 } })?.text
  expect(text).toContain(`Run it: probespan bridge --pack ${said} --pid 12\n`)
  expect(text).toContain(`probespan check --pack ${said} --pid 12\n`)
})

test('a program or container becomes the definition’s own target, a process does not', () => {
  const of = (target: TargetSelection): string => starterDefinition([file], { target })?.text ?? ''
  const byGlob = of({ kind: 'executable', pattern: '/opt/*, new/shop' })
  expect(parseDefinition(byGlob, 'x').target).toMatchObject({ pattern: '/opt/*, new/shop' })
  expect(byGlob).toContain('Run it: probespan bridge --pack shop.yaml\n')
  const relative = parseDefinition(of({ kind: 'executable', pattern: './shop' }), 'x').target
  expect(relative).toMatchObject({ pattern: `${process.cwd()}/shop` })
  const byName = parseDefinition(of({ kind: 'container', name: 'shop-1' }), 'x').target
  expect(byName).toMatchObject({ kind: 'container', name: 'shop-1' })
  expect(parseDefinition(of({ kind: 'pid', pid: 12 }), 'x').target).toBeUndefined()
})

test('files without that provider are not named: a C++ library brings probes of its own', () => {
  const library = fileOf('/usr/lib/libstdc++.so.6', probe('libstdcxx', 'throw', 'u64/ptr'))
  expect(starterDefinition([library, file], {})?.text).toMatch(/from the probes of \/opt\/shop\.$/m)
})

test('without a pair there is nothing to start from', () => {
  expect(starterDefinition([fileOf('/x', probe('p', 'a'), probe('p', 'b'))], {})).toBeUndefined()
})

test('a library of hundreds of pairs gives the first forty, and says so', () => {
  const many = Array.from({ length: 100 }, (_, at) => [
    probe('p', `f${at}__start`),
    probe('p', `f${at}__end`),
  ]).flat()
  const text = textOf(...many)
  expect(parseDefinition(text, 'x.yaml').spans.size).toBe(40)
  expect(text).toContain('60 more likely pairs are not listed')
})

test('whatever the names and types, the definition loads and no two spans have one name', () => {
  const stem = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '_', '1', '9'), maxLength: 45 }),
    fc.constantFrom('null', 'true', 'constructor', '__proto__', 'no', '1'),
  )
  const types = fc.array(fc.constantFrom('u64/ptr', 'u32', 'i32', 'i64', 'f64', '?', 'u8'), { maxLength: 12 })
  const words = fc.constantFrom(['_start', '_end'], ['Begin', 'End'], ['__entry', '__return'])
  const pairs = fc.uniqueArray(fc.tuple(stem, words, types, types), {
    minLength: 1,
    maxLength: 12,
    selector: ([name]) => name,
  })
  const provider = fc.constantFrom('shop', 'null', 'Shop_2', '_x', 'True')
  const path = fc.constantFrom('/opt/shop', '/opt/a\nname: other', '/opt/\u2028x')
  fc.assert(
    fc.property(pairs, provider, path, (made, name, file) => {
      const probes = made.flatMap(([stem, [start, end], first, second]) => [
        probe(name, `p${stem}${start}`, ...first),
        probe(name, `p${stem}${end}`, ...second),
      ])
      const starter = starterDefinition([fileOf(file, ...probes)], {})
      const definition = parseDefinition(starter?.text ?? '', 'x.yaml')
      const read = probesOf(definition)
      expect(read.filter((each) => each.kind !== 'usdt' || each.provider !== name)).toEqual([])
      expect(definition.spans.size).toBe(made.length)
    }),
  )
})

test('names that a definition cannot hold are left out', () => {
  const text = textOf(
    probe('p', 'a-b_start'),
    probe('p', 'a-b_end'),
    probe('p', 'c_start'),
    probe('p', 'c_end'),
  )
  expect([...parseDefinition(text, 'x.yaml').spans.keys()]).toEqual(['c'])
})
