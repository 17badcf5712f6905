// What would break: a program that bpftrace refuses, that attaches to the wrong probes, or that prints its values in
// another order than the bridge reads them.
import { expect, test } from 'vitest'
import { definitionWith, spanDefinition, usdt } from '../../test/probe-events.ts'
import { probesOf, probeText, type Definition, type Probe } from './definition.ts'
import { headLength, layoutOf } from './layout.ts'
import { parseDefinition } from './load.ts'
import { renderProgram, stringBytesThatFit } from './program.ts'

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
  const attachPoints = (probe: Probe): string[] =>
    probeText(probe) === 'shop:step'
      ? ['usdt:/a.so:shop:step', 'usdt:/b.so:shop:step']
      : [`usdt:/app:${probeText(probe)}`]
  expect(renderProgram(definition, attachPoints)).toBe(`\
// Spans of the definition "shop". Each event is one tuple:
// (definition, phase, nsecs, pid, tid, key..., value...)
// @events counts them by block and second. "progress" takes the same way as they do: what was counted before it, and
// has not come before it, is lost.
BEGIN { print(("probespan", "ready", nsecs)); }
interval:s:1 { print(@events); }
interval:ms:100 { print(("probespan", "progress", nsecs, 0, 1)); }

// Block 0: order, start: key, time, traceparent, order.shop
usdt:/app:shop:order_start
{
  $at = nsecs;
  print(("order", "start", $at, pid, tid, str(arg0), arg1, str(arg2), arg3));
  @events[0, $at / 1000000000 % 8] = count();
}

// Block 1: order, end: key, duration, error, order.total
usdt:/app:shop:order_end
{
  $at = nsecs;
  print(("order", "end", $at, pid, tid, str(arg0), arg2, arg3 >= 500, (int64)arg4));
  @events[1, $at / 1000000000 % 8] = count();
}

// Block 2: step, start: key
usdt:/a.so:shop:step,
usdt:/b.so:shop:step
{
  $at = nsecs;
  print(("step", "start", $at, pid, tid, arg0));
  @events[2, $at / 1000000000 % 8] = count();
}

// Block 3: step, end: key
usdt:/app:shop:step_done
{
  $at = nsecs;
  print(("step", "end", $at, pid, tid, arg1));
  @events[3, $at / 1000000000 % 8] = count();
}
`)
})

test('where not every process is meant, each probe says which, beside its own filter', () => {
  const filtered = spanDefinition({ id: 'some', when: { start: 'arg1 > 3 || arg2' } })
  const text = renderProgram(definitionWith(filtered), (probe) => [`usdt:/app:${probeText(probe)}`], {
    only: 'pid != 7',
  })
  expect(text).toContain('usdt:/app:shop:some_start\n/(pid != 7) && (arg1 > 3 || arg2)/\n')
  expect(text).toContain('usdt:/app:shop:some_end\n/pid != 7/\n')
  expect(text).toContain('BEGIN {')
})

test('each CPU tells of its own buffer where it has one', () => {
  const program = renderProgram(definition, (probe) => [probeText(probe)], { cpuBuffers: 4 })
  expect(program).toContain('\nprofile:ms:100 { print(("probespan", "progress", nsecs, cpu, 4)); }\n')
  expect(program).not.toContain('interval:ms')
  // An idle CPU may tell nothing: then the counts are to go by, which were read after this.
  expect(program).toContain(
    '\ninterval:s:1 { print(("probespan", "progress", nsecs, cpu, 4)); print(@events); }\n',
  )
})

test('the layout that the reader goes by is the one that the program prints', () => {
  const order = definition.spans.get('order')!
  for (const phase of ['start', 'end'] as const) {
    const program = renderProgram(definition, (probe) => [probeText(probe)])
    const block = program.slice(program.indexOf(`shop:order_${phase}\n`))
    const printed = /print\(\((.*)\)\)/.exec(block)?.[1]?.split(', ') ?? []
    const { keyParts, fields } = layoutOf(order, phase)
    expect(printed.slice(headLength)).toEqual([...keyParts, ...fields.map((field) => field.expression)])
  }
})

test('an attribute that is the key is not printed a second time: strings are dear on 0.17', () => {
  const order = definition.spans.get('order')!
  expect(layoutOf(order, 'start').keyAttributes.map((each) => each.attribute.key)).toEqual(['order.id'])
  expect(layoutOf(order, 'end').keyAttributes).toEqual([])
})

test('a probe that several spans share is looked for once', () => {
  const outer = spanDefinition({ id: 'outer', probes: { start: usdt('begin'), end: usdt('done') } })
  const inner = spanDefinition({ id: 'inner', probes: { start: usdt('begin'), end: usdt('half') } })
  expect(probesOf(definitionWith(outer, inner)).map(probeText)).toEqual([
    'shop:begin',
    'shop:done',
    'shop:half',
  ])
})

const pack = (attributes: number, more = ''): Definition =>
  parseDefinition(
    `{ name: s, provider: p, spans: { q: { start: a, end: b, match: arg9, ${more} attributes: { ${Array.from(
      { length: attributes },
      (_, at) => `a${at}: { at: start, value: str(arg${at}) }`,
    ).join(', ')} } } } }`,
    'x',
  )

const endPack = (more: string): Definition =>
  parseDefinition(
    `{ name: s, provider: p, spans: { q: { start: a, end: b, match: arg9, ${more} attributes: { a0: { at: end, value: str(arg0) }, a1: { at: end, value: str(arg1) } } } } }`,
    'x',
  )

test('the end of a pair of the kernel’s has less room than another event, by what 0.17.0 took', () => {
  const oneText = (pair: string): Definition =>
    parseDefinition(
      `{ name: s, provider: p, pair: ${pair}, spans: { job: { start: a, end: b, match: arg1, attributes: { t: { at: end, value: str(arg0) } } } } }`,
      'x',
    )
  expect(stringBytesThatFit(oneText('bridge'))).toEqual({ ok: true, bytes: 200 })
  expect(stringBytesThatFit(oneText('kernel'))).toEqual({ ok: true, bytes: 192 })
})

test('strings are made as short as an event with many of them needs, and no shorter than is of use', () => {
  expect(stringBytesThatFit(pack(0))).toEqual({ ok: true, bytes: 200 })
  expect(stringBytesThatFit(pack(1))).toEqual({ ok: true, bytes: 200 })
  expect(stringBytesThatFit(pack(2))).toEqual({ ok: true, bytes: 104 })
  expect(stringBytesThatFit(pack(3))).toEqual({ ok: true, bytes: 64 })
  expect(stringBytesThatFit(pack(5))).toEqual({ ok: true, bytes: 40 })
  expect(stringBytesThatFit(pack(20))).toMatchObject({
    ok: false,
    event: 'q, start',
    strings: { length: 20 },
  })
})

test('paired in the kernel, the maps’ keys and values take room, too', () => {
  expect(stringBytesThatFit(endPack(''))).toEqual({ ok: true, bytes: 104 })
  expect(stringBytesThatFit(endPack('pair: kernel,'))).toEqual({ ok: true, bytes: 96 })
})

test('a text of the definition itself takes room from the strings that are read', () => {
  const status = `status: { error: arg0, message: '"${'x'.repeat(63)}"' },`
  const [without, having] = ['', status].map((more) => stringBytesThatFit(endPack(more)))
  expect([without, having]).toEqual([
    { ok: true, bytes: 104 },
    { ok: true, bytes: 64 },
  ])
})

test('a traceparent is never cut: an event that would cut it does not fit', () => {
  expect(stringBytesThatFit(pack(2, 'trace: { parent: str(arg8) },'))).toEqual({ ok: true, bytes: 64 })
  expect(stringBytesThatFit(pack(5, 'trace: { parent: str(arg8) },')).ok).toBe(false)
})

test('paired in the kernel, a start waits in a map and the end prints both', () => {
  const definition = parseDefinition(
    `{ name: s, provider: p, pair: kernel, spans: { q: { start: a, end: b, match: tid,
       attributes: { text: { at: start, value: str(arg0) }, rows: { at: end, value: (int64)arg0 } } } } }`,
    'x',
  )
  expect(renderProgram(definition, (probe) => [`usdt:/app:${probeText(probe)}`])).toContain(`
interval:s:1 { print(@events); print(@orphans0); print(@superseded0); print(@unstored0); }
interval:ms:100 { print(("probespan", "progress", nsecs, 0, 1)); }
END { clear(@open0_0); clear(@open0_1); clear(@open0_2); }

// Block 0: q, start: key, text
usdt:/app:p:a
{
  if (@open0_0[pid, tid] != 0) { @superseded0 = count(); }
  @open0_0[pid, tid] = nsecs;
  if (@open0_0[pid, tid] == 0) { @unstored0 = count(); } else {
    @open0_1[pid, tid] = tid;
    @open0_2[pid, tid] = str(arg0);
  }
}

// Block 0: q, span: key, text, rows
usdt:/app:p:b
{
  $start = @open0_0[pid, tid];
  if ($start != 0) {
    $at = nsecs;
    print(("q", "span", $at, pid, tid, tid, $start, @open0_1[pid, tid], @open0_2[pid, tid], (int64)arg0));
    @events[0, $at / 1000000000 % 8] = count();
    delete(@open0_0[pid, tid]);
    delete(@open0_1[pid, tid]);
    delete(@open0_2[pid, tid]);
  } else { @orphans0 = count(); }
}
`)
})

test.each([
  [
    'a child here of a span there',
    'q: { start: a, end: b, match: tid, pair: kernel }, r: { start: c, end: d, match: tid, within: q }',
    /"q" is paired in the kernel: expected pair: kernel here too/,
  ],
  [
    'a new start that ends the old',
    'q: { start: a, end: b, match: tid, pair: kernel, supersede: error }',
    /always replaces an open one/,
  ],
  [
    'an event of it',
    'q: { start: a, end: b, match: tid, pair: kernel } }, events: { e: { probe: c, on: q }',
    /"q" is paired in the kernel/,
  ],
])('what pairing in the kernel cannot do is refused: %s', (_, spans, message) => {
  expect(() => parseDefinition(`{ name: s, provider: p, spans: { ${spans} } }`, 'x')).toThrow(message)
})
