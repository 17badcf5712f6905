// What would break: a doctor that misses what is wrong with bpftrace, the target, the pack or the endpoint, or says
// so without a remedy.
import { expect, test } from 'vitest'
import { fileOf, probe } from '../../test/probe-summaries.ts'
import { parseDefinition } from '../definition/load.ts'
import type { PackFacts, SeenTarget, TargetFacts } from './facts.ts'
import { findingsJson, findingsText, fix, needFixing, note, ok } from './finding.ts'
import { judgeBpftrace } from './judge-bpftrace.ts'
import { judgeTargets } from './judge-target.ts'

const trial = { ok: true, elapsedMs: 283.4 } as const
const bpftrace = (minor: number, patch = 0) =>
  judgeBpftrace({ program: 'bpftrace', version: { major: 0, minor, patch }, trial })
const verdicts = (findings: readonly { verdict: string }[]): string[] =>
  findings.map(({ verdict }) => verdict)

test('what a version lacks is told, and no more', () => {
  expect(bpftrace(17).map(({ found }) => found)).toEqual([
    'bpftrace 0.17.0',
    expect.stringContaining('250 ms'),
    expect.stringContaining('of the host'),
    expect.stringContaining('one has up to 198'),
    expect.stringContaining('beyond arg5'),
    expect.stringContaining('only root'),
    'a program of one probe ran and printed, in 283 ms',
  ])
  expect(bpftrace(22).some(({ found }) => found.includes('of the host'))).toBe(false)
  expect(verdicts(bpftrace(22))).toEqual(['ok', 'note', 'note', 'note', 'ok'])
  expect(bpftrace(23, 2)[2]?.found).toMatch(/only root/)
  expect(verdicts(bpftrace(27, 1))).toEqual(['ok', 'ok'])
  expect(bpftrace(16)[0]).toMatchObject({
    verdict: 'note',
    found: expect.stringContaining('older than 0.17'),
  })
  const major = judgeBpftrace({ program: 'b', version: { major: 1, minor: 0, patch: 0 }, trial })
  expect(verdicts(major)).toEqual(['ok', 'ok'])
})

test('a bpftrace that is missing, or whose program does not run, is to be fixed, with its own words', () => {
  expect(judgeBpftrace({ program: '/x', failure: 'install it' })).toMatchObject([
    { verdict: 'FIX', found: '/x cannot be used', remedy: 'install it' },
  ])
  const version = { major: 0, minor: 27, patch: 1 }
  expect(judgeBpftrace({ program: 'b', version, trial: { ok: false, failure: 'be root' } })).toMatchObject([
    { verdict: 'ok' },
    { verdict: 'FIX', remedy: 'be root' },
  ])
})

const pack = (text: string) => ({
  path: 'shop.yaml',
  definition: parseDefinition(text, 'shop.yaml'),
  targets: [],
})
const judgeTarget = (target: TargetFacts | undefined, pack: PackFacts | undefined) =>
  judgeTargets(
    target ? [target] : [],
    pack ? ['definition' in pack ? { ...pack, targets: target ? [target] : [] } : pack] : [],
  )
const shopPack = pack(`name: shop
provider: shop
spans:
  order:
    start: order_start
    end: order_end
    match: str(arg0)
    attributes:
      a: { at: end, value: arg2 }
  line: { start: line_start, end: order_end, match: { start: tid, end: arg1 } }
`)
const target = (...probes: ReturnType<typeof probe>[]): SeenTarget => ({
  what: 'process 7',
  pids: [7],
  inventory: { files: probes.length > 0 ? [fileOf('/opt/shop', ...probes)] : [], refusals: [], filesRead: 3 },
})
const orderStart = probe('shop', 'order_start', 'u64/ptr')
const orderEnd = probe('shop', 'order_end', 'u64/ptr', 'i32', 'i32')

test('each probe of the pack is looked for once, with the arguments that it reads', () => {
  const found = judgeTarget(target(orderStart, orderEnd, probe('shop', 'line_start')), shopPack)
  expect(found.map(({ verdict, found }) => `${verdict} ${found}`)).toEqual([
    'ok process 7: 3 probes in /opt/shop',
    'ok shop (shop.yaml): 2 spans',
    'ok shop:order_start(u64/ptr)',
    'ok shop:order_end(u64/ptr, i32, i32)',
    'ok shop:line_start()',
  ])
})

test('a probe that is absent is told with those that are there; of another provider none count', () => {
  const [, , missing, , line] = judgeTarget(target(orderEnd, probe('other', 'order_start')), shopPack)
  expect(missing).toMatchObject({
    verdict: 'FIX',
    found: 'shop:order_start is not in process 7, which has order_end',
    remedy: expect.stringContaining('right one'),
  })
  expect(line).toMatchObject({ verdict: 'FIX' })
  const [, , none] = judgeTarget(target(probe('other', 'x')), shopPack)
  expect(none?.found).toContain('which has none of provider "shop"')
  const many = Array.from({ length: 15 }, (_, at) => probe('shop', `p${at}`))
  expect(judgeTarget(target(...many), shopPack)[2]?.found).toMatch(/p11 and 3 more$/)
})

test('an argument that the probe does not pass is told', () => {
  const short = probe('shop', 'order_end', 'u64/ptr')
  const found = judgeTarget(target(orderStart, short, probe('shop', 'line_start')), shopPack)
  expect(found[3]).toMatchObject({
    verdict: 'FIX',
    found: 'shop:order_end(u64/ptr) lacks an argument',
    remedy: expect.stringMatching(
      /^shop\.yaml:\d+:\d+: spans\.order\.attributes\.a\.value: asks for arg2, but /,
    ),
  })
})

test('several packs on several targets: each on each, and which is said', () => {
  const [first, second] = [target(orderStart, orderEnd), { ...target(orderStart), what: 'process 8' }]
  const targets = [first, second]
  const order = `name: o\nprovider: shop\nspans:\n  o: { start: order_start, end: order_end, match: tid }\n`
  const packs = [
    { ...pack(order), targets },
    { ...shopPack, targets },
  ]
  const found = judgeTargets(targets, packs).map(
    ({ verdict, subject, found }) => `${verdict} ${subject} ${found}`,
  )
  expect(found.filter((line) => /(target|pack) /.test(line))).toHaveLength(4)
  expect(found).toContain('ok probe shop:order_end(u64/ptr, i32, i32) in process 7')
  expect(
    found.filter((line) => line.startsWith('FIX probe shop:order_end is not in process 8')),
  ).toHaveLength(2)
})

test('a pack’s own target is looked at where none was named', () => {
  const own = target(orderStart, orderEnd, probe('shop', 'line_start'))
  const found = judgeTargets([], [{ ...shopPack, targets: [own] }])
  expect(found.map(({ verdict, subject }) => `${verdict} ${subject}`)).toEqual([
    'ok target',
    'ok pack',
    'ok probe',
    'ok probe',
    'ok probe',
  ])
})

test('a target without probes, one that is not there, a pack with mistakes, and none of them', () => {
  expect(judgeTarget(target(), undefined)).toMatchObject([
    { verdict: 'FIX', remedy: expect.stringContaining('has no USDT probes') },
  ])
  expect(judgeTarget({ what: 'process 7', failure: 'start it' }, shopPack)).toMatchObject([
    { verdict: 'FIX', found: 'process 7 cannot be looked at', remedy: 'start it' },
    { verdict: 'ok', subject: 'pack' },
  ])
  expect(judgeTarget(target(orderStart), { path: 'x.yaml', failure: 'x.yaml:3: …' })).toMatchObject([
    { verdict: 'ok' },
    { verdict: 'FIX', found: 'x.yaml cannot be used', remedy: 'x.yaml:3: …' },
  ])
  expect(verdicts(judgeTarget(undefined, undefined))).toEqual(['note'])
  expect(judgeTarget({ ...target(orderStart), pids: [7, 8] }, undefined)[0]?.found).toContain('(2 processes)')
})

test('lines stand below each other, and what came from elsewhere cannot break them', () => {
  const findings = [
    ok('kernel', '6.1'),
    note('tracefs', 'not\nthere'),
    fix('endpoint', 'gone\u001b[2J', 'start it'),
  ]
  expect(findingsText(findings)).toBe(`ok    kernel    6.1
note  tracefs   not
                there
FIX   endpoint  gone\\x1b[2J
                -> start it

1 thing needs fixing`)
  expect(needFixing(findings)).toBe(1)
  expect(JSON.parse(findingsJson(findings))).toMatchObject({
    ok: false,
    findings: [{}, {}, { remedy: 'start it' }],
  })
  expect(findingsText([ok('a', 'b')])).toContain('nothing needs fixing')
})
