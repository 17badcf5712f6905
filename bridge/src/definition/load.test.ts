// What would break: a mistake in a definition that is passed over, or told so that its author cannot find it.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { usdt } from '../../test/probe-events.ts'
import { BridgeError } from '../errors.ts'
import { loadDefinition, parseDefinition } from './load.ts'
import { stringBytesThatFit } from './program.ts'

function messageOf(text: string): string {
  try {
    parseDefinition(text, 'x.yaml')
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'definition_invalid') return error.message
    throw error
  }
  throw new Error('was accepted')
}

const good = 'start: a, end: b, match: tid'
const query = (body: string): string => `name: shop\nprovider: shop\nspans:\n  query: { ${body} }\n`
const withAttribute = (attribute: string): string => query(`${good}, attributes: { ${attribute} }`)

/** The mistake is to be told at the place of the `^`, which is no part of the file. */
const mistakes: [what: string, text: string, key: string, expectation: RegExp][] = [
  ['an empty file', '^', 'file', /expected a map with name, spans, got null/],
  ['a list', '^- a', 'file', /expected a map/],
  ['an alias of nothing', 'name: ^*nothing', '*nothing', /no &nothing before/],
  ['no name', `^provider: p\nspans: { q: { ${good} } }`, 'name', /missing: expected a name: a-z/],
  [
    'a name in capitals',
    `name: ^Shop\nprovider: p\nspans: { q: { ${good} } }`,
    'name',
    /a-z, 0-9.*got "Shop"/,
  ],
  ['no spans', 'name: shop\nprovider: p\nspans: ^{}', 'spans', /at least one span/],
  ['a span in capitals', query(good).replace('query', '^Query'), 'spans.Query', /a-z, 0-9/],
  [
    'a span that is empty',
    'name: s\nprovider: p\nspans:\n  query:^\n',
    'spans.query',
    /a map with start, end, match, got null/,
  ],
  [
    'an unknown key of the file',
    `^spams: 1\n${query(good)}`,
    'spams',
    /unknown key, expected one of name, target, provider, script, pair, resource, spans, events/,
  ],
  [
    'an unknown key of a span',
    query(`${good}, ^key: tid`),
    'spans.query.key',
    /unknown key, expected one of kind, name, start/,
  ],
  [
    'no end probe',
    query('start: a, match: tid').replace('{', '^{'),
    'spans.query.end',
    /missing: expected a probe/,
  ],
  [
    'a probe of three parts',
    query('start: ^"a:b:c", end: b, match: tid'),
    'spans.query.start',
    /a probe: NAME.*got "a:b:c"/,
  ],
  [
    'a probe that is a number',
    query('start: ^7, end: b, match: tid'),
    'spans.query.start',
    /a probe: NAME.*got 7/,
  ],
  [
    'a kind that does not exist',
    query(`${good}, kind: ^servr`),
    'spans.query.kind',
    /internal, server, client.*got "servr"/,
  ],
  [
    'a match of no parts',
    query('start: a, end: b, match: ^[]'),
    'spans.query.match',
    /an expression, a list of them, or \{ start, end \}, got \[\]/,
  ],
  [
    'a match of two parts here and one there',
    query('start: a, end: b, match: ^{ start: [tid, arg0], end: tid }'),
    'spans.query.match',
    /2 parts at the start and 1 at the end/,
  ],
  [
    'a span of no shape',
    query('kind: server').replace('{', '^{'),
    'spans.query',
    /expected start and end, end and time.duration, function, or point; none is given/,
  ],
  [
    'a span of two shapes',
    query('point: a, function: f').replace('{', '^{'),
    'spans.query',
    /more than one is given/,
  ],
  [
    'a start without an end',
    query('start: a, match: tid').replace('{', '^{'),
    'spans.query.end',
    /missing: expected a probe/,
  ],
  [
    'an end alone that does not tell its duration',
    query('end: a').replace('{', '^{'),
    'spans.query.start',
    /missing: expected a probe, or time.duration/,
  ],
  [
    'a point with an attribute of its start',
    query('point: a, attributes: { n: { at: ^start, value: 1 } }'),
    'spans.query.attributes.n.at',
    /a span of one probe has no start/,
  ],
  [
    'an attribute that does not say where',
    query(`${good}, attributes: { n: ^{ value: 1 } }`),
    'spans.query.attributes.n.at',
    /missing: expected one of start, end/,
  ],
  [
    'probes without a provider',
    `^name: shop\nspans: { query: { ${good} } }`,
    'provider',
    /missing: expected the provider of a, or PROVIDER:a there/,
  ],
  [
    'an event on a span that is not there',
    `${query(good)}events: { lost: { probe: c, on: ^qury } }`,
    'events.lost.on',
    /no span is named "qury"; this file has query/,
  ],
  [
    'a match of one side',
    query('start: a, end: b, match: ^{ start: tid }'),
    'spans.query.match.end',
    /missing: expected an expression/,
  ],
  [
    'an expression that breaks out',
    query('start: a, end: b, match: ^"tid); }"'),
    'spans.query.match',
    /without \{ \} ;/,
  ],
  [
    'an expression with a comment',
    withAttribute('a: { at: end, value: ^"arg0 // x" }'),
    'spans.query.attributes.a.value',
    /without a comment/,
  ],
  [
    'another comment',
    query('start: a, end: b, match: ^"tid /* x"'),
    'spans.query.match',
    /without a comment/,
  ],
  [
    'a parenthesis too many',
    query('start: a, end: b, match: ^"arg0)"'),
    'spans.query.match',
    /without parentheses that do not pair/,
  ],
  [
    'a string that does not end',
    query(`${good}, status: { error: ^'arg0 == "x' }`),
    'spans.query.status.error',
    /without a string that/,
  ],
  [
    'an attribute without a side',
    withAttribute('a: ^{ value: arg0 }'),
    'spans.query.attributes.a.at',
    /missing: expected one of start, end/,
  ],
  [
    'an attribute on a third side',
    withAttribute('a: { at: ^middle, value: arg0 }'),
    'spans.query.attributes.a.at',
    /start, end, got "middle"/,
  ],
  [
    'an attribute of an unknown type',
    withAttribute('a: { at: end, value: arg0, type: ^float }'),
    'spans.query.attributes.a.type',
    /string, int, boolean, double, double_bits, got "float"/,
  ],
  [
    'an attribute whose name has a line end',
    withAttribute('^"a\\nb": { at: end, value: arg0 }'),
    String.raw`spans.query.attributes."a\nb"`,
    /without line ends/,
  ],
  ['a ttl without a unit', query(`${good}, ttl: ^30`), 'spans.query.ttl', /500ms, 30s or 5min, got 30/],
  ['a ttl of nothing', query(`${good}, ttl: ^0s`), 'spans.query.ttl', /longer than/],
  [
    'a time without a duration',
    query(`${good}, time: ^{ start: arg1 }`),
    'spans.query.time.duration',
    /missing: expected an expression/,
  ],
  [
    'within a span that is not there',
    query(`${good}, within: ^requst`),
    'spans.query.within',
    /no span is named "requst"/,
  ],
  [
    'within one that lies within it',
    `${query(`${good}, within: ^other`)}  other: { ${good}, within: query }\n`,
    'spans.query.within',
    /cannot lie within one that lies within it/,
  ],
  [
    'a name of an attribute that is not there',
    query(`${good}, name: ^"GET {route}"`),
    'spans.query.name',
    /\{route\} is no attribute/,
  ],
  [
    'a resource attribute that is no text',
    `${query(good)}resource: { a: ^1 }`,
    'resource.a',
    /a text, got 1/,
  ],
]

test.each(mistakes)('%s: file, line, column, key and what is expected', (_, marked, key, expectation) => {
  const before = marked.slice(0, marked.indexOf('^')).split('\n')
  const place = `x.yaml:${before.length}:${(before.at(-1) ?? '').length + 1}: ${key}: `
  const message = messageOf(marked.replace('^', ''))
  expect(message.slice(0, place.length)).toBe(place)
  expect(message.slice(place.length)).toMatch(expectation)
})

test.each([
  ['no YAML', 'name: [', /^x\.yaml:1:8: .*flow/i],
  ['the same key twice', 'name: a\nname: b', 'x.yaml:2:1: name: this key is there twice: leave one out'],
  ['two documents', 'name: a\n---\nname: b', /^x\.yaml:2:1: .*multiple documents/],
])('%s: file, line, column, key and what is wrong', (_, text, expectation) => {
  expect(messageOf(text)).toMatch(expectation)
})

test('spans within each other in a circle are refused', () => {
  const circle = `name: s
provider: p
spans:
  a: { ${good}, within: b }
  b: { ${good}, within: a }`
  expect(messageOf(circle).split('\n')).toEqual([
    'x.yaml:4:46: spans.a.within: a span cannot lie within one that lies within it: leave one of the two out',
    'x.yaml:5:46: spans.b.within: a span cannot lie within one that lies within it: leave one of the two out',
  ])
})

test('every mistake is told at once, one a line', () => {
  const message = messageOf('name: Shop\nprovider: 1\nspans:\n  q: { start: a, kind: big, ttl: 1h }')
  expect(message.split('\n').map((line) => line.split(': ')[1])).toEqual([
    'name',
    'provider',
    'spans.q.kind',
    'spans.q.ttl',
  ])
})

test('anchors and aliases of YAML work', () => {
  const text = query('start: a, end: b, match: &m str(arg0), attributes: { id: { at: start, value: *m } }')
  expect(parseDefinition(text, 'x').spans.get('query')?.attributes[0]?.expression).toBe('str(arg0)')
})

test('what is left out has its default; a whole file as it is meant', () => {
  const { spans, placeOf, ...rest } = parseDefinition(
    query(`${good}, ttl: 5min, attributes: { n: { at: end, value: 7 } }`),
    'x',
  )
  expect(placeOf?.(['spans', 'query', 'ttl'])).toBe('x:4:47: spans.query.ttl')
  // Of what stands there.
  expect(placeOf?.(['spans', 'query', 'match', 'start', 0])).toBe('x:4:37: spans.query.match')
  expect(rest).toEqual({ name: 'shop', resource: {}, events: new Map() })
  expect([...spans.values()]).toEqual([
    {
      id: 'query',
      kind: 'internal',
      nameTemplate: 'query',
      probes: { start: usdt('a'), end: usdt('b') },
      match: { start: ['tid'], end: ['tid'], point: ['tid'] },
      when: {},
      time: {},
      traceIdFromKey: false,
      attributes: [{ key: 'n', at: 'end', expression: '7' }],
      links: [],
      supersede: 'nest',
      keepIncomplete: true,
      pairing: 'bridge',
      ttlMs: 300_000,
    },
  ])
})

test.each([
  'str(arg0)',
  '(int64)arg3 < 0',
  'strncmp(str(arg0), "http://", 7) == 0',
  'arg0 / 2',
  '@x[tid, arg0]',
  'str(arg0) == ")"',
])('an expression as bpftrace has it is taken as it is: %s', (expression) => {
  const text = query(`start: a, end: b, match: ${JSON.stringify(expression)}`)
  expect(parseDefinition(text, 'x').spans.get('query')?.match.start).toEqual([expression])
})

test.each([
  ['exe: /opt/*/shop', { kind: 'executable', pattern: '/opt/*/shop', place: 'x:5:16: target.exe' }],
  ['pid: 4711', { kind: 'pid', pid: 4711, place: 'x:5:16: target.pid' }],
  ['container: shop-1', { kind: 'container', name: 'shop-1', place: 'x:5:22: target.container' }],
])('a target of its own, with its place: %s', (target, selection) => {
  expect(parseDefinition(`${query(good)}target: { ${target} }`, 'x').target).toEqual(selection)
})

test('a file that does not exist is named, with what to do', async () => {
  await expect(loadDefinition('/nowhere/x.yaml')).rejects.toMatchObject({
    code: 'definition_invalid',
    message: /\/nowhere\/x\.yaml \(ENOENT\).*--pack/,
  })
})

test('a span may lie within its own kind: recursion', () => {
  const { spans } = parseDefinition(query(`${good}, within: { span: query, by: thread }`), 'x')
  expect(spans.get('query')?.within).toEqual({ span: 'query', by: 'thread' })
})

const packsFolder = fileURLToPath(new URL('../../../scripts-bt/', import.meta.url))
const packs = readdirSync(packsFolder).filter((name) => name.endsWith('.yaml'))

test('there are packs', () => {
  expect(packs).toEqual(expect.arrayContaining(['demo.yaml', 'postgres.yaml', 'jvm.yaml', 'python.yaml']))
})

test.each(packs)(
  'the pack %s loads, is named as its file is, and fits the stack of bpftrace 0.17',
  async (pack) => {
    const definition = await loadDefinition(packsFolder + pack)
    expect(`${definition.name}.yaml`).toBe(pack)
    expect(stringBytesThatFit(definition)).toMatchObject({ ok: true })
  },
)
