// What would break: a user who wants to see, keep or try what a pack becomes, and gets another program than the bridge
// runs, or none without a reason.
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Folder } from './bridge-process.ts'

const front = fileURLToPath(new URL('../src/index.ts', import.meta.url))

function render(
  pack: string,
  flags: object = {},
  more: Record<string, string> = { PROBESPAN_BPFTRACE: '/nowhere/bpftrace' },
) {
  const call = `import { runRender } from ${JSON.stringify(front)}
process.exitCode = await runRender(process.env, ${JSON.stringify(pack)}, ${JSON.stringify(flags)})`
  const env = { PATH: process.env.PATH ?? '', ...more }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', call], {
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('a pack of the project: one commented block a probe, for whatever process it is run on', () => {
  const { status, stdout, stderr } = render('fosdem')
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toBe(`\
// To try it: bpftrace -f json -p PID FILE
// Spans of the definition "fosdem". Each event is one tuple:
// (definition, phase, nsecs, pid, tid, key..., value...)
// @events counts them by block and second. "progress" takes the same way as they do: what was counted before it, and
// has not come before it, is lost.
BEGIN { print(("probespan", "ready", nsecs)); }
interval:s:1 { print(@events); }
interval:ms:100 { print(("probespan", "progress", nsecs, 0, 1)); }

// Block 0: request, start: key, time
usdt:*:fosdem:request_start
{
  $at = nsecs;
  print(("request", "start", $at, pid, tid, str(arg0), arg1));
  @events[0, $at / 1000000000 % 8] = count();
}

// Block 1: request, end: key, duration
usdt:*:fosdem:request_end
{
  $at = nsecs;
  print(("request", "end", $at, pid, tid, str(arg0), arg2));
  @events[1, $at / 1000000000 % 8] = count();
}
`)
})

test('with a program: the probes’ own places in it, and its functions', () => {
  using folder = new Folder()
  const source = folder.write(
    'a.c',
    '#include <sys/sdt.h>\nint main(void) { DTRACE_PROBE(shop, seen); return 0; }\n',
  )
  const program = `${folder.path}/shop program`
  execFileSync('cc', ['-o', program, source])
  const pack = folder.write(
    'shop.yaml',
    'name: shop\nprovider: shop\nspans:\n  seen: { point: seen }\n  call: { function: main }\n',
  )
  const { status, stdout } = render(pack, { exe: program })
  expect(status).toBe(0)
  expect(stdout).toContain(`\nusdt:"${program}":shop:seen\n`)
  expect(stdout).toContain(`\nuprobe:"${program}":main\n`)
  expect(stdout).toContain(`\nuretprobe:"${program}":main\n`)

  const missing = render('fosdem', { exe: program })
  expect([missing.status, missing.stdout]).toEqual([13, ''])
  expect(missing.stderr).toMatch(
    /has no probe fosdem:request_start, fosdem:request_end\. .*probespan probes --exe/,
  )
})

test('strings that do not fit this bpftrace: which, and what to do; on a later one they do', () => {
  using folder = new Folder()
  const strings = Array.from({ length: 14 }, (_, at) => `a${at}: { at: start, value: str(arg${at}) }`)
  const pack = folder.write(
    'wide.yaml',
    `name: wide\nprovider: p\nspans:\n  q: { start: a, end: b, match: tid, attributes: { ${strings.join(', ')} } }\n`,
  )
  const old = render(pack, {}, folder.fakeBpftrace({ version: 'v0.17.0' }))
  expect(old.status).toBe(12)
  expect(old.stderr).toMatch(
    /strings of one event \(q, start\).*0\.17\.0.*str\(arg0\), str\(arg1\).*Leave one of them out/,
  )
  const late = render(pack, {}, folder.fakeBpftrace({ version: 'v0.23.2' }))
  expect([late.status, late.stderr]).toEqual([0, ''])
})

test('a definition with a mistake: 15, at its place', () => {
  using folder = new Folder()
  const pack = folder.write('x.yaml', 'name: x\n')
  const { status, stderr } = render(pack)
  expect([status, stderr]).toEqual([15, expect.stringContaining('x.yaml:1:1: spans: missing')])
})
