// What would break: a script whose probe is not there, which bpftrace passes over, and which the bridge then watches for
// ever in silence; or one that is refused though it is right.
import { expect, test } from 'vitest'
import { probesNamedIn } from './probes.ts'

const names = (script: string): string[] =>
  probesNamedIn(script).map(({ provider, name }) => `${provider}:${name}`)

test('probes that are looked for in the whole process, each once', () => {
  expect(
    names(`#!/usr/bin/env bpftrace
usdt:*:shop:order_start, usdt::shop:order_start,
U:*:shop:order_end
/ pid == 1 / { print(1); }
usdt:*:other:x{ print(2); }`),
  ).toEqual(['shop:order_start', 'shop:order_end', 'other:x'])
})

test.each([
  ['a file of its own', 'usdt:/usr/bin/x:shop:order_start { }'],
  ['a library by name', 'usdt:./libshop.so:shop:order_start { }'],
  ['a pattern of probes', 'usdt:*:shop:order_* { }'],
  ['a pattern of providers', 'usdt:*:*:order_start { }'],
  ['another kind of probe', 'uprobe:/bin/sh:main { } interval:s:1 { } BEGIN { }'],
  ['a comment', '// usdt:*:shop:a { }\n/* usdt:*:shop:b\n usdt:*:shop:c */'],
  ['a string', String.raw`BEGIN { printf("\" usdt:*:shop:a // "); }`],
])('not looked up: %s', (_, script) => {
  expect(names(script)).toEqual([])
})

test('a script to the printf contract, with probes by the short form', () => {
  expect(
    names('usdt::fosdem:request_start {\n printf("{\\"event\\":\\"request_start\\"}\\n", str(arg0)); }'),
  ).toEqual(['fosdem:request_start'])
})
