// What would break: the whole way from a probe in a program to a span, on real bpftrace and a real kernel. On CI a test
// that cannot attach fails; elsewhere it is skipped and says why.
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { BridgeProcess, Folder, isAlive } from './bridge-process.ts'
import type { DecodedSpan } from './otlp-decode.ts'
import { Receiver } from './receiver.ts'
import { compileTarget, Target, type Interval, type TrueSpan } from './target.ts'
import { until } from './waiting.ts'

const pack = `name: fixture
provider: fixture
spans:
  work:
    kind: server
    name: 'work {index}'
    start: work_start
    end: work_end
    match: arg0
    status: { error: (int32)arg1 >= 500 }
    attributes:
      index: { at: start, value: arg0 }
      text: { at: start, value: str(arg1) }
      signed: { at: start, value: (int64)arg2 }
      unsigned: { at: start, value: (uint64)arg3 }
      status: { at: end, value: (int32)arg1 }
`
const texts = [
  'plain',
  'q"uote',
  'back\\slash',
  'nl\nline tab\tx',
  'unié☕',
  'bad\ufffd\ufffdutf',
  'ctl\u0001\u001f',
  '',
]
const numbers = [
  0n,
  1n,
  2n ** 64n - 1n,
  2n ** 63n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  1_795_150_740_534_578_541n,
  BigInt.asUintN(64, -9_007_199_254_740_993n),
]
/** Of the kernel's clock against the program's. */
const toleranceNs = 100_000n

const folder = new Folder()
let program: string
let cannotAttach: string | undefined

beforeAll(() => {
  try {
    execFileSync('bpftrace', ['-e', 'BEGIN { exit(); }'], { stdio: 'pipe' })
    program = compileTarget(folder.path)
  } catch (error) {
    if (process.env.CI === 'true') throw error
    cannotAttach = error instanceof Error ? error.message : String(error)
    console.warn(`SKIPPED: real bpftrace cannot be tried here: ${cannotAttach}`)
  }
})
beforeEach((context) => context.skip(cannotAttach !== undefined, cannotAttach))
afterAll(() => folder[Symbol.dispose]())

function packEnv(pid: number, endpoint = '127.0.0.1:1', text = pack): Record<string, string> {
  return {
    TARGET_PID: String(pid),
    PROBESPAN_PACK: folder.write('fixture.yaml', text),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  }
}

/** How far a time lies outside of the interval in which it must lie. */
function outside(time: bigint, { beforeNs, afterNs }: Interval): bigint {
  if (time < beforeNs) return beforeNs - time
  return time > afterNs ? time - afterNs : 0n
}

function expectTrue(span: DecodedSpan, truth: TrueSpan): void {
  const at = Number(truth.index) % texts.length
  const number = numbers[at] ?? 0n
  const asAttribute = (value: bigint): bigint | string =>
    value > -(2n ** 53n) && value < 2n ** 53n ? value : value.toString()
  expect(span).toMatchObject({
    name: `work ${truth.index}`,
    kind: 2,
    statusCode: truth.index % 3n === 0n ? 2 : 0,
  })
  expect(span.attributes).toEqual({
    index: truth.index,
    text: texts[at],
    signed: asAttribute(BigInt.asIntN(64, number)),
    unsigned: asAttribute(number),
    status: truth.index % 3n === 0n ? 500n : 200n,
    'thread.id': truth.tid,
  })
  expect(outside(span.startNs, truth.start), `start of ${span.name}`).toBeLessThan(toleranceNs)
  expect(outside(span.endNs, truth.end), `end of ${span.name}`).toBeLessThan(toleranceNs)
  expectTrueDuration(span, truth)
}

/** The program begins one span more than it ends. */
const isWhole = ({ attributes }: DecodedSpan): boolean => !('probespan.incomplete' in attributes)

/** However long the program was kept from running between its clock and its probe. */
function expectTrueDuration(span: DecodedSpan, { start, end }: TrueSpan): void {
  const possible = { beforeNs: end.beforeNs - start.afterNs, afterNs: end.afterNs - start.beforeNs }
  expect(outside(span.endNs - span.startNs, possible), `duration of ${span.name}`).toBeLessThan(toleranceNs)
}

test('every span of a program: its kernel times, strings, 64-bit integers, status; nothing is left behind', async () => {
  await using target = await Target.start(program)
  await using receiver = await Receiver.start()
  await using bridge = new BridgeProcess(packEnv(target.pid, receiver.endpoint))
  await bridge.says(`attached to process ${target.pid}`)
  const truth = await target.fire()
  await until(() => receiver.spans.length >= truth.length)
  const below = bridge.descendants()
  expect(below.length).toBeGreaterThan(0)
  expect(await bridge.stop()).toBe(0)

  const whole = receiver.spans.filter(isWhole)
  expect(whole).toHaveLength(truth.length)
  for (const [position, span] of whole.toSorted((a, b) => Number(a.startNs - b.startNs)).entries()) {
    expectTrue(span, truth[position]!)
  }
  expect(receiver.spans[0]?.resource).toMatchObject({
    'service.name': 'target',
    'process.pid': BigInt(target.pid),
    'process.executable.name': 'target',
    'process.executable.path': program,
  })
  expect(bridge.said).toMatch(
    /41 starts and 40 ends became 40 spans; 0 open, .* 0 events lost in the kernel; 41 exported, .* 1 tracingEnded/,
  )
  expect(below.filter(isAlive)).toEqual([])
})

test('paired in the kernel: the same spans, to the attribute and the moment', async () => {
  await using target = await Target.start(program)
  await using receiver = await Receiver.start()
  const text = pack.replace('spans:', 'pair: kernel\nspans:')
  await using bridge = new BridgeProcess(packEnv(target.pid, receiver.endpoint, text))
  await bridge.says(`attached to process ${target.pid}`)
  const truth = await target.fire()
  await until(() => receiver.spans.length >= truth.length)
  expect(await bridge.stop()).toBe(0)
  expect(receiver.spans).toHaveLength(truth.length)
  for (const [position, span] of receiver.spans.toSorted((a, b) => Number(a.startNs - b.startNs)).entries()) {
    expectTrue(span, truth[position]!)
  }
  // The start without an end stayed in the kernel.
  expect(bridge.said).toMatch(
    /40 starts and 40 ends became 40 spans; 0 open, .* 0 events lost in the kernel; 40 exp/,
  )
})

test('a definition with a script of the user’s: the same spans; what it prints otherwise than declared is named', async () => {
  const script = `usdt::fixture:work_start {
  print(("work", "start", nsecs, pid, tid, arg0, str(arg1), (int64)arg2, (uint64)arg3));
}
usdt::fixture:work_end {
  print(("work", "end", nsecs, pid, tid, arg0, (int32)arg1 >= 500, (int32)arg1));
  if (arg0 == 3) { print(("work", "end", nsecs, pid, tid, arg0, (int32)arg1)); }
}
`
  await using target = await Target.start(program)
  await using receiver = await Receiver.start()
  folder.write('work.bt', script)
  const text = pack.replace('spans:', 'script: work.bt\nspans:')
  await using bridge = new BridgeProcess(packEnv(target.pid, receiver.endpoint, text))
  await bridge.says(`attached to process ${target.pid}`)
  const truth = await target.fire()
  await until(() => receiver.spans.length >= truth.length)
  expect(await bridge.stop()).toBe(0)
  const whole = receiver.spans.filter(isWhole)
  expect(whole).toHaveLength(truth.length)
  for (const [position, span] of whole.toSorted((a, b) => Number(a.startNs - b.startNs)).entries()) {
    expectTrue(span, truth[position]!)
  }
  expect(bridge.said).toMatch(
    /work end has 7 elements where 8 are declared: \("work", "end", nsecs, pid, tid, arg0, /,
  )
  expect(bridge.said).toContain(', 1 malformed')
})

test('a script to the printf contract, with ids that break its JSON', async () => {
  const script = `usdt::fixture:work_start {
  printf("{\\"event\\":\\"work_start\\",\\"reqid\\":\\"%s %d\\",\\"timestamp\\":%lld}\\n", str(arg1), arg0, nsecs);
  @at[arg0] = nsecs;
  @text[arg0] = str(arg1);
}
usdt::fixture:work_end {
  printf("{\\"event\\":\\"work_end\\",\\"reqid\\":\\"%s %d\\",\\"start\\":%lld,\\"duration\\":%lld}\\n",
    @text[arg0], arg0, @at[arg0], nsecs - @at[arg0]);
  delete(@at[arg0]); delete(@text[arg0]);
}
`
  await using target = await Target.start(program)
  await using receiver = await Receiver.start()
  await using bridge = new BridgeProcess({
    TARGET_PID: String(target.pid),
    BPFTRACE_SCRIPT: folder.write('printf.bt', script),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
  })
  await bridge.says(`attached to process ${target.pid}`)
  const truth = await target.fire()
  await until(() => receiver.spans.length >= truth.length)
  expect(await bridge.stop()).toBe(0)
  const whole = receiver.spans.filter(isWhole)
  expect(whole.map((span) => String(span.attributes.reqid)).sort()).toEqual(
    truth.map(({ index }) => `${texts[Number(index) % texts.length]} ${index}`).sort(),
  )
  const bySpan = whole.toSorted((a, b) => Number(a.startNs - b.startNs))
  for (const [position, span] of bySpan.entries()) expectTrueDuration(span, truth[position]!)
  expect(bridge.said).not.toContain('not an event')
})

test('beside a container, with no target: its PID 1, which is named', async () => {
  await using target = await Target.start(program, [
    'unshare',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ])
  await using receiver = await Receiver.start()
  const { TARGET_PID: main, ...env } = packEnv(childOf(target.pid), receiver.endpoint)
  await using bridge = new BridgeProcess(env, { beside: Number(main) })
  await bridge.says('attached to process 1;')
  expect(bridge.said).toContain(`no target given: tracing PID 1 of this pid namespace (target, ${program})`)
  const truth = await target.fire()
  await until(() => receiver.spans.length >= truth.length)
  expect(await bridge.stop()).toBe(0)
  const complete = receiver.spans.filter(({ attributes }) => !('probespan.incomplete' in attributes))
  expect(complete.map(({ name }) => name).sort()).toEqual(truth.map(({ index }) => `work ${index}`).sort())
})

test('the target ends: what was seen is delivered, the exit code is 0', async () => {
  await using target = await Target.start(program)
  await using receiver = await Receiver.start()
  await using bridge = new BridgeProcess(packEnv(target.pid, receiver.endpoint))
  await bridge.says('attached')
  const truth = await target.fire()
  await target[Symbol.asyncDispose]()
  expect(await bridge.exitCode).toBe(0)
  expect(receiver.spans.filter(isWhole)).toHaveLength(truth.length)
  expect(receiver.spans.flatMap(({ attributes }) => attributes['probespan.incomplete'] ?? [])).toEqual([
    'process_ended',
  ])
  expect(bridge.said).toContain(`process ${target.pid} has ended`)
})

const childOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0])

async function ending(
  env: Record<string, string>,
  uid?: number,
): Promise<{ code: number | null; said: string }> {
  await using bridge = new BridgeProcess(env, uid === undefined ? {} : { uid })
  return { code: await bridge.exitCode, said: bridge.said }
}

test('a script that does not compile: 12, with its file, line and bpftrace’s words', async () => {
  await using target = await Target.start(program)
  const path = folder.write('bad.bt', 'BEGIN { }\nusdt:*:fixture:work_start { print((1, }\n')
  const { code, said } = await ending({ TARGET_PID: String(target.pid), BPFTRACE_SCRIPT: path })
  expect([code, said]).toEqual([12, expect.stringContaining(`${path}:2:`)])
  expect(said).toMatch(/script_invalid: bpftrace refuses the script.*\n.*syntax error/)
})

test('an expression of a definition that bpftrace does not know: 12', async () => {
  await using target = await Target.start(program)
  const { code, said } = await ending(
    packEnv(target.pid, undefined, pack.replace('value: arg0', 'value: foo(arg0)')),
  )
  expect([code, said]).toEqual([12, expect.stringContaining('Unknown function: foo')])
})

test('a probe that does not exist: 13, with its name and what there is; by definition and by script', async () => {
  await using target = await Target.start(program)
  const expected =
    /probe_missing: .*no probe fixture:work_done; it has fixture:work_(end|start), fixture:work_(end|start)\./
  const byPack = await ending(packEnv(target.pid, undefined, pack.replace('work_end', 'work_done')))
  expect([byPack.code, byPack.said]).toEqual([13, expect.stringMatching(expected)])
  const script =
    'BEGIN { }\nusdt:*:fixture:work_start { print(1); }\nusdt:*:fixture:work_done { print(2); }\n'
  const path = folder.write('missing.bt', script)
  const byScript = await ending({ TARGET_PID: String(target.pid), BPFTRACE_SCRIPT: path })
  expect([byScript.code, byScript.said]).toEqual([13, expect.stringMatching(expected)])
})

test('an argument that the probe lacks: 15, with the key that asks for it; by pid and by program', async () => {
  await using target = await Target.start(program)
  const expected =
    /definition_invalid: .*fixture\.yaml:16:33: spans\.work\.attributes\.status\.value: asks for arg5, but fixture:work_end of \S*target\S* has 2 arguments \(arg0 u64\/ptr, arg1 i32\)/
  const wrong = pack.replace(
    'status: { at: end, value: (int32)arg1 }',
    'status: { at: end, value: (int32)arg5 }',
  )
  const env = packEnv(target.pid, undefined, wrong)
  const byPid = await ending(env)
  expect([byPid.code, byPid.said]).toEqual([15, expect.stringMatching(expected)])
  const byProgram = await ending({ ...env, TARGET_PID: '', TARGET_EXE: program })
  expect([byProgram.code, byProgram.said]).toEqual([15, expect.stringMatching(expected)])
})

test('a process without probes: 13', async () => {
  const { code, said } = await ending(packEnv(process.pid))
  expect([code, said]).toEqual([13, expect.stringContaining('it has none of provider "fixture"')])
})

test('a pid without a process: 14', async () => {
  const { code, said } = await ending(packEnv(4_194_303))
  expect([code, said]).toEqual([14, expect.stringMatching(/target_gone: .*pid 4194303/)])
})

test('not root: 11, with what to do', async () => {
  await using target = await Target.start(program)
  const env = packEnv(target.pid)
  chmodSync(folder.path, 0o755)
  const { code, said } = await ending(env, 65_534)
  expect([code, said]).toEqual([11, expect.stringMatching(/not_permitted: .*run the bridge as root/)])
})
