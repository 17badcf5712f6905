// What would break: an argument that a probe lacks is told by nothing but bpftrace's refusal, or with a key that its
// author cannot find.
import { expect, test } from 'vitest'
import { probe } from '../../test/probe-summaries.ts'
import { argumentsRead } from './expression.ts'
import { parseDefinition } from './load.ts'
import { lackingArguments, needsOf, unreadableArguments } from './needs.ts'

const text = `name: shop
provider: shop
spans:
  order:
    start: order_start
    end: order_end
    match: { start: [tid, arg1], end: [tid, arg2] }
    when: { end: arg3 > 0 }
    time: { start: arg4, duration: arg5 }
    status: { error: (int32)arg6 < 0, message: str(arg7) }
    trace: { parent: str(arg8) }
    links:
      - { at: start, value: str(arg9) }
      - { at: end, value: str(arg10) }
    attributes:
      shop.total: { at: end, value: arg11 * arg12 + arg11 }
  line:
    within: order
    point: line
    match: arg13
    when: arg14
events:
  paid: { probe: paid, on: order, attributes: { sum: { value: arg15 } } }
  noted: { probe: noted, on: line, match: arg16, when: arg17 }
`

test('each argument is asked for by the key that reads it, whichever that is', () => {
  const definition = parseDefinition(text, 'x.yaml')
  const asked = needsOf(definition).flatMap(({ name, reads }) =>
    reads.map(({ index, path }) => `${name} ${index} ${definition.placeOf?.(path)}`),
  )
  expect(asked.toSorted()).toEqual(
    [
      'order_start 1 x.yaml:7:27: spans.order.match.start.1',
      'order_end 2 x.yaml:7:45: spans.order.match.end.1',
      'order_end 3 x.yaml:8:18: spans.order.when.end',
      'order_start 4 x.yaml:9:20: spans.order.time.start',
      'order_end 5 x.yaml:9:36: spans.order.time.duration',
      'order_end 6 x.yaml:10:22: spans.order.status.error',
      'order_end 7 x.yaml:10:48: spans.order.status.message',
      'order_start 8 x.yaml:11:22: spans.order.trace.parent',
      'order_start 9 x.yaml:13:29: spans.order.links.0.value',
      'order_end 10 x.yaml:14:27: spans.order.links.1.value',
      'order_end 11 x.yaml:16:37: spans.order.attributes.shop.total.value',
      'order_end 12 x.yaml:16:37: spans.order.attributes.shop.total.value',
      'line 13 x.yaml:20:12: spans.line.match',
      'line 14 x.yaml:21:11: spans.line.when',
      // Without a match of its own, by its span's.
      'paid 1 x.yaml:7:27: spans.order.match.start.1',
      'paid 15 x.yaml:23:63: events.paid.attributes.sum.value',
      'noted 16 x.yaml:24:43: events.noted.match',
      'noted 17 x.yaml:24:56: events.noted.when',
    ].toSorted(),
  )
})

test('what is paired in the kernel asks its start for the start’s arguments, its end for the end’s', () => {
  const body = '{ start: a, end: b, match: { start: arg0, end: arg1 }, pair: kernel }'
  const definition = parseDefinition(`name: s\nprovider: p\nspans:\n  s: ${body}`, 'x')
  expect(needsOf(definition).map(({ name, reads }) => [name, reads.map(({ index }) => index)])).toEqual([
    ['a', [0]],
    ['b', [1]],
  ])
})

test('an argument that bpftrace does not read, with what to do', () => {
  const definition = parseDefinition(text, 'x.yaml')
  expect(unreadableArguments(definition, 16)).toEqual([
    'x.yaml:24:43: events.noted.match: asks for arg16, but this bpftrace reads none beyond arg15: leave it out, or use bpftrace 0.24 or later',
    expect.stringContaining('x.yaml:24:56: events.noted.when: asks for arg17'),
  ])
  expect(unreadableArguments(definition, Infinity)).toEqual([])
})

test.each([
  ['str(arg0, (uint64)arg1)', [0, 1]],
  ['arg0 + arg0', [0]],
  ['"arg7" == str(arg2)', [2]],
  ['@arg1[tid], $arg2, marg3, arg4x', []],
  ['arg12', [12]],
])('%s reads the arguments %j', (expression, numbers) => {
  expect(argumentsRead(expression)).toEqual(numbers)
})

test('words: the key and its place, the probe, its file and what it has', () => {
  const definition = parseDefinition(text, 'x.yaml')
  const lacking = (name: string, ...types: string[]): string[] => {
    const need = needsOf(definition).find((each) => each.name === name)
    return need ? lackingArguments(definition, need, probe('shop', name, ...types), '/opt/shop') : []
  }
  expect(lacking('line', 'u64/ptr', 'i32')).toEqual([
    'x.yaml:20:12: spans.line.match: asks for arg13, but shop:line of /opt/shop has 2 arguments (arg0 u64/ptr, arg1 i32): arguments are counted from arg0; correct this expression',
    expect.stringContaining('x.yaml:21:11: spans.line.when: asks for arg14'),
  ])
  expect(lacking('line')[0]).toContain('shop:line of /opt/shop has no arguments: ')
  expect(lacking('line', 'i32')[0]).toContain('has 1 argument (arg0 i32)')
  expect(lacking('line', ...Array.from({ length: 15 }, () => 'i32'))).toEqual([])
})
