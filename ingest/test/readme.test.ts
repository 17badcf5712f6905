// README.md lists the settings and codes that the code has: no more, no fewer, with the same values.
import { readFileSync } from 'node:fs'
import { status as grpcCodes } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { destinationEntry } from '../src/config/destinations.ts'
import { exitCodes, requestFaults } from '../src/faults.ts'
import type { RequestFaultCode } from '../src/faults.ts'
import { grpcVerdict, httpVerdict } from '../src/forward/verdict.ts'
import { questionsAtOnce, questionsWaitingMax, questionWaitMs, requestBytesMax } from '../src/limits.ts'
import { partsMax } from '../src/otlp/frames.ts'
import { spanRules } from '../src/otlp/scan.ts'
import { readAttributeFilter } from '../src/query/attribute-filter.ts'
import { tracePaths } from '../src/receive/routes.ts'
import { partsKeptMs } from '../src/store/sqlite/block-merge.ts'
import { searchSpansMax } from '../src/store/sqlite/query/find-traces.ts'
import { traceSpansMax } from '../src/store/sqlite/read-trace.ts'
import { skeletonSpansMax } from '../src/store/sqlite/skeleton.ts'
import {
  attributesQuery,
  dependenciesQuery,
  redKey,
  redQuery,
  seriesQuery,
  traceQuery,
  tracesQuery,
  valuesQuery,
} from '../src/wire.ts'

const rpcCodes: Readonly<Record<string, unknown>> = grpcCodes
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** Rows of the table under a heading, by the text of its first header cell; code marks removed. */
function rows(firstHeader: string): string[][] {
  const lines = readme.split('\n')
  const head = lines.findIndex((line) => line.startsWith(`| ${firstHeader} |`))
  const table = lines.slice(head + 2)
  const end = table.findIndex((line) => !line.startsWith('|'))
  return table.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

test('the settings and their defaults', () => {
  const defaults = settings.parse({})
  const documented = rows('variable').map(([name, value]) => [name, value])
  const actual = Object.keys(settings.shape).map((name) => {
    const value = defaults[name as keyof typeof defaults]
    if (typeof value === 'string' && value.endsWith('/explorer/dist'))
      return [name, 'explorer/dist of the project']
    return [
      name,
      value === undefined ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]
  })
  expect(documented).toEqual(actual)
})

test('the error codes and their statuses', () => {
  const documented = rows('code').map(([code, status]) => [code, Number(status)])
  expect(documented).toEqual(Object.entries(requestFaults).map(([code, { status }]) => [code, status]))
  // The others are never met by a sender over gRPC.
  const overGrpc = rows('code').filter(([, , name]) => name !== '–')
  expect(overGrpc.map(([code, , name = '']) => [code, rpcCodes[name]])).toEqual(
    overGrpc.map(([code]) => [code, requestFaults[code as RequestFaultCode].rpc]),
  )
})

test('what each answer of a destination means', () => {
  const verdicts = ['later', 'misconfigured', 'too_large', 'refused', 'failed'] as const
  const documented = rows('the destination').slice(0, verdicts.length)
  expect(documented).toHaveLength(verdicts.length)
  for (const [index, [answers = '']] of documented.entries()) {
    const verdict = verdicts[index]
    const statuses = [...answers.matchAll(/\b(\d{3})(?:–(\d{3}))?/g)].flatMap(([, from, to = from]) =>
      Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at),
    )
    const codes = [...answers.matchAll(/\b[A-Z_]{5,}\b/g)].map(([name]) => Number(rpcCodes[name]))
    expect([statuses.length, codes.length]).not.toContain(0)
    expect(statuses.map((status) => [status, httpVerdict(status)])).toEqual(
      statuses.map((status) => [status, verdict]),
    )
    const asksToWait = verdict === 'later'
    expect(codes.map((code) => [code, grpcVerdict(code, asksToWait)])).toEqual(
      codes.map((code) => [code, verdict]),
    )
  }
})

test('the fields of a destination and their defaults', () => {
  const defaults = destinationEntry.parse({ name: 'a', endpoint: 'http://a' })
  const documented = rows('field | default').flatMap(([names = '', value = '']) =>
    names.split(', ').map((name) => [name, value]),
  )
  const actual = Object.keys(destinationEntry.shape).map((name) => {
    const value = Object.entries(defaults).find(([key]) => key === name)?.[1]
    if (name === 'sources' || name === 'services') return [name, 'all']
    const given = name === 'name' || name === 'endpoint' || typeof value === 'object'
    return [name, given ? '–' : String(value ?? '–')]
  })
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(actual))
})

test('the exit codes', () => {
  const documented = rows('exit code').map(([code, name]) => [name, Number(code)])
  expect(documented).toEqual(Object.entries(exitCodes))
})

test('what can be asked: every parameter of a list of traces, and every form of an attribute’s filter', () => {
  const explained = [...rows('parameter'), ...rows('`attribute=`')]
    .map(([names = '']) => names.split(', '))
    .flat()
  const others = [...readme.matchAll(/`(q|order|limit|cursor)`/g)].map(([, name = '']) => name)
  expect(new Set([...explained, ...others])).toEqual(
    new Set([
      ...Object.keys(tracesQuery.shape),
      'key=value',
      'key!=value',
      'key=~regex',
      'key!~regex',
      'key<5',
      'key<=5',
      'key>5',
      'key>=5',
      'key?',
      '!key',
    ]),
  )
  for (const form of rows('`attribute=`').flatMap(([names = '']) => names.split(', '))) {
    expect([form, readAttributeFilter(form).ok]).toEqual([form, true])
  }
})

test.each([
  ['/api/red', redQuery],
  ['/api/series', seriesQuery],
  ['/api/attributes', attributesQuery],
  ['/api/attributes/:key/values', valuesQuery],
  ['/api/dependencies', dependenciesQuery],
  ['/api/traces/:id', traceQuery],
] as [string, { shape: object }][])('the row of %s names parameters that it takes', (path, { shape }) => {
  const [, text = ''] = rows('path').find(([named]) => named === `GET ${path}`) ?? []
  const raw = readme.split('\n').find((line) => line.startsWith(`| \`GET ${path}\` |`)) ?? ''
  const named = [
    ...raw
      .split(': ')
      .slice(1)
      .join(': ')
      .matchAll(/`([a-zA-Z]+)(?:=[^`]*)?`/g),
  ].map(([, name = '']) => name)
  expect(text).not.toBe('')
  const values = [...Object.keys(valuesQuery.shape.scope.def.innerType.enum), ...redKey.options]
  expect(named.filter((name) => !(name in shape) && !values.includes(name))).toEqual([])
})

test('paths and limits', () => {
  for (const port of ['4317', '4318', '3051']) expect(readme).toContain(`\`127.0.0.1:${port}\``)
  for (const path of tracePaths) expect(readme).toContain(`\`POST ${path}\``)
  expect(readme).toContain(`over ${requestBytesMax / 2 ** 20} MiB`)
  expect(readme).toContain(`${partsMax.toLocaleString('en')} resources`)
  expect(readme).toContain(`${traceSpansMax.toLocaleString('en')} spans`)
  expect(readme).toContain(`${skeletonSpansMax.toLocaleString('en')} spans`)
  expect(readme).toContain(`${questionsWaitingMax} wait for up to ${questionWaitMs / 1_000} s`)
  expect([questionsAtOnce, partsKeptMs]).toEqual([2, 3_600_000])
  expect(readme).toContain(`${searchSpansMax.toLocaleString('en')} spans`)
  expect(Object.keys(spanRules)).toEqual(['trace_id', 'span_id', 'parent_span_id', 'time'])
})
