// What would break: a program that bpftrace refuses, that attaches to the wrong probes, or that prints its values in
// another order than the bridge reads them.
import { expect, test } from 'vitest'
import { definitionWith, spanDefinition } from '../../test/probe-events.ts'
import { headLength, layoutOf } from './layout.ts'
import { parseDefinition } from './load.ts'
import { probesOf, renderProgram } from './program.ts'

const definition = parseDefinition(
  `
name: shop
provider: shop
spans:
  order:
    kind: server
    start: order_start
    end: order_end
    match: str(arg0)
    time: { start: arg1, duration: arg2 }
    trace: { parent: str(arg2) }
    status: { error: arg3 >= 500 }
    attributes:
      order.id: { at: start, value: str(arg0) }
      order.total: { at: end, value: (int64)arg4 }
      order.shop: { at: start, value: arg3 }
  step:
    within: order
    start: step
    end: step_done
    match: { start: arg0, end: arg1 }
`,
  'shop.yaml',
)

test('the program: one block a probe, one tuple an event, attached wherever the probe was found', () => {
  const attachPoints = (probe: string): string[] =>
    probe === 'step' ? ['usdt:/a.so:shop:step', 'usdt:/b.so:shop:step'] : [`usdt:/app:shop:${probe}`]
  expect(renderProgram(definition, attachPoints)).toBe(`\
// Spans of the definition "shop". Each event is one tuple:
// (definition, phase, nsecs, pid, tid, key, value...)
BEGIN { print(("probespan", "ready", nsecs)); }

// order, start: key, time, traceparent, order.shop
usdt:/app:shop:order_start
{ print(("order", "start", nsecs, pid, tid, str(arg0), arg1, str(arg2), arg3)); }

// order, end: key, duration, error, order.total
usdt:/app:shop:order_end
{ print(("order", "end", nsecs, pid, tid, str(arg0), arg2, arg3 >= 500, (int64)arg4)); }

// step, start: key
usdt:/a.so:shop:step,
usdt:/b.so:shop:step
{ print(("step", "start", nsecs, pid, tid, arg0)); }

// step, end: key
usdt:/app:shop:step_done
{ print(("step", "end", nsecs, pid, tid, arg1)); }
`)
})

test('the layout that the reader goes by is the one that the program prints', () => {
  const order = definition.spans.get('order')!
  for (const phase of ['start', 'end'] as const) {
    const line = renderProgram(definition, (probe) => [probe]).split('\n')
    const block = line[line.indexOf(`order_${phase}`) + 1] ?? ''
    const printed = /print\(\((.*)\)\)/.exec(block)?.[1]?.split(', ') ?? []
    expect(printed.slice(headLength)).toEqual(layoutOf(order, phase).fields.map((field) => field.expression))
  }
})

test('an attribute that is the key is not printed a second time: strings are dear on 0.17', () => {
  const order = definition.spans.get('order')!
  expect(layoutOf(order, 'start').keyAttributes.map((each) => each.attribute.key)).toEqual(['order.id'])
  expect(layoutOf(order, 'end').keyAttributes).toEqual([])
})

test('a probe that several spans share is looked for once', () => {
  const outer = spanDefinition({ id: 'outer', startProbe: 'begin', endProbe: 'done' })
  const inner = spanDefinition({ id: 'inner', startProbe: 'begin', endProbe: 'half' })
  expect(probesOf(definitionWith(outer, inner))).toEqual(['begin', 'done', 'half'])
})
