// What would break: a user who is told the wrong thing to do. The texts are what bpftrace 0.17.0, 0.23.2 and 0.27.1 printed.
import { describe, expect, test } from 'vitest'
import type { BridgeErrorCode } from '../errors.ts'
import { classifyFailure, type FailedRun } from './failure.ts'

const rlimit =
  `Unknown error -1: couldn't set RLIMIT_MEMLOCK for bpftrace. If your program is not loading, ` +
  `you can try "ulimit -l 8192" to fix the problem`
const warnings = { '0.17.0': `ERROR: ${rlimit}\n`, '0.23.2': `WARNING: ${rlimit}\n` }
const functions =
  'WARNING: Could not read functions from /sys/kernel/tracing/available_filter_functions: No such file\n'

function classified(
  stderr: string,
  more: Partial<FailedRun> = {},
): { code: BridgeErrorCode; message: string } {
  const run = {
    program: 'bpftrace',
    exitCode: 1,
    stderr: stderr.split('\n'),
    stdoutText: [],
    targetPid: 4711,
  }
  const { code, message } = classifyFailure({ ...run, ...more })
  return { code, message }
}

describe.for(['0.17.0', '0.23.2'] as const)('bpftrace %s', (version) => {
  const warning = warnings[version] + functions

  test('a syntax error: the place in the script', () => {
    const { code, message } = classified(`${warning}stdin:1:48-49: ERROR: syntax error, unexpected }
usdt:/tmp/x/p:fosdem:request_start { print((1, }
                                               ~
`)
    expect(code).toBe('script_invalid')
    expect(message).toMatch(/correct the place.*\nstdin:1:48-49: ERROR: syntax error/)
    expect(message).not.toContain('RLIMIT')
    expect(message).not.toContain('available_filter_functions')
  })

  test('an unknown function', () => {
    const { code, message } = classified(`${warning}stdin:1:38-47: ERROR: Unknown function: foo
usdt:/tmp/x/p:fosdem:request_start { print(foo(1)); }
                                     ~~~~~~~~~
`)
    expect([code, message]).toEqual(['script_invalid', expect.stringContaining('Unknown function: foo')])
  })

  test('a script that was passed as text is named by its file', () => {
    const text = `${warning}stdin:3:5-9: ERROR: Unknown function: foo\n`
    const { code, message } = classified(text, { scriptPath: '/etc/trace.bt' })
    expect([code, message]).toEqual([
      'script_invalid',
      expect.stringContaining('\n/etc/trace.bt:3:5-9: ERROR'),
    ])
  })

  test('a script file is named by its path, whatever the path is', () => {
    for (const path of ['/etc/my scripts/trace', '/opt/probespan/probes not found/x.bt', 'x.bt']) {
      const { code } = classified(`${warning}${path}:3:5-9: ERROR: Unknown function: foo\n`)
      expect(code, path).toBe('script_invalid')
    }
  })

  test('no such probe in the process: plain text on stdout', () => {
    const { code, message } = classified(warning, { stdoutText: ['No probes to attach'] })
    expect(code).toBe('probe_missing')
    expect(message).toContain("bpftrace -l 'usdt:*' -p 4711")
  })

  test('a traced file that does not exist', () => {
    const { code, message } =
      classified(`${warning}stdin:1:1-31: ERROR: usdt target file '/tmp/probe/absent' does not exist or is not executable
usdt:/tmp/probe/absent:fosdem:nope { print(1); }
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
`)
    expect([code, message]).toEqual(['script_invalid', expect.stringContaining('does not exist')])
  })

  test('a pid that is gone', () => {
    const { code, message } = classified('ERROR: : No such process\n')
    expect([code, message]).toEqual([
      'target_gone',
      expect.stringMatching(/pid 4711: start the target first/),
    ])
  })

  test('not root', () => {
    const { code, message } = classified(
      'ERROR: bpftrace currently only supports running as the root user.\n',
    )
    expect([code, message]).toEqual(['not_permitted', expect.stringMatching(/run the bridge as root/)])
  })

  test.each([
    [
      '0.17 without PERFMON',
      'perf_event_open: Permission denied\n   (check your kernel for PERF_COUNT_SW_BPF_OUTPUT support, 4.4 or newer)\nERROR: Failed to open perf buffer\n',
      /run the bridge as root.*cap-add/,
    ],
    [
      '0.23 without BPF',
      "error: <unknown>:0:0: in function usdt__a i64 (ptr): A call to built-in function 'memset' is not supported.\n",
      /run the bridge as root.*cap-add/,
    ],
    [
      '0.23 without BPF, a program of numbers alone',
      'ERROR: Unknown BPF object load failure. Try using the "-d libbpf" option to see the full loading log.\nERROR: Loading BPF object(s) failed.\n',
      /run the bridge as root.*cap-add/,
    ],
    [
      '0.27 without BPF',
      'ERROR: Missing CAP_BPF capability, please run bpftrace as the root user.\n',
      /run the bridge as root.*cap-add/,
    ],
    [
      'without SYS_ADMIN and without tracefs',
      'create_probe_event: open(/sys/kernel/tracing/uprobe_events): No such file or directory\nERROR: Error attaching probe: usdt:/a:b:c\n',
      /mount -t tracefs/,
    ],
    [
      '0.27 without tracefs',
      'ERROR: Failed to open kernel function info: Error reading events from /sys/kernel/tracing/available_events (No such file or directory)\n',
      /mount -t tracefs/,
    ],
  ])('too few rights: %s', (_what, stderr, message) => {
    expect(classified(stderr)).toMatchObject({
      code: 'not_permitted',
      message: expect.stringMatching(message),
    })
  })

  test('a script that does not exist', () => {
    const { code } = classified(`ERROR: failed to open file '/tmp/x/none.bt': No such file or directory\n`, {
      exitCode: 255,
    })
    expect(code).toBe('script_invalid')
  })
})

test('0.17: no such probe in a file, and strings beyond the 512 bytes of stack', () => {
  expect(classified(warnings['0.17.0'], { stdoutText: ['No probes to attach'] }).code).toBe('probe_missing')
  const { code, message } = classified(`${warnings['0.17.0']}error: <unknown>:0:0: in function \
usdt:/tmp/x/p:fosdem:request_start i64 (i8*): Looks like the BPF stack limit of 512 bytes is exceeded. \
Please move large on stack variables into BPF per-cpu array map.

`)
  expect([code, message]).toEqual([
    'script_invalid',
    expect.stringMatching(/up to three of the default 64 bytes fit.*leave one out/),
  ])
})

test('0.23: no such probe in a file is told on stderr', () => {
  const { code } = classified(`${warnings['0.23.2']}ERROR: Failed to compile: Failed to find usdt probe: \
usdt:/tmp/x/p:fosdem:nope
`)
  expect(code).toBe('probe_missing')
})

test('0.27: no such probe in a file, nor in a process, is an error at a place', () => {
  const file = `stdin:1:1-44: ERROR: No matches for usdt /tmp/x/p:nope.
usdt:/tmp/x/p:fosdem:nope { print(1); }
~~~~~~~~~~~~~~~~~~~~~~~~~
`
  const inProcess = `stdin:1:1-29: ERROR: Probe has no valid attach points. If this is expected, set the \
'missing_probes' config variable to 'warn'.
usdt:*:fosdem:nope { print(1); }
~~~~~~~~~~~~~~~~~~
`
  for (const text of [file, inProcess]) expect(classified(text).code, text).toBe('probe_missing')
})

test('0.27: a pid that is gone, and no capabilities', () => {
  const gone = 'ERROR: Failed to attach to pid: Unable to open pidfd (No such process)\n'
  expect(classified(gone).code).toBe('target_gone')
  const refused = 'ERROR: Missing CAP_DAC_READ_SEARCH capability, please run bpftrace as the root user.\n'
  expect(classified(refused).code).toBe('not_permitted')
})

test('0.27: its warnings of casts are not told among what went wrong', () => {
  const { code, message } =
    classified(`stdin:1:58-65: WARNING: Unnecessary cast: expression is already of type int64
usdt:*:fosdem:request_start { print(((int64)arg1, foo(1))); }
                                     ~~~~~~~
stdin:1:15-21: ERROR: Unknown function: 'foo'
usdt:*:fosdem:request_start { print(((int64)arg1, foo(1))); }
                                                  ~~~~~~
terminate called
`)
  expect(code).toBe('script_invalid')
  expect(message.split('\n').slice(1)).toEqual([
    `stdin:1:15-21: ERROR: Unknown function: 'foo'`,
    'usdt:*:fosdem:request_start { print(((int64)arg1, foo(1))); }',
    '                                                  ~~~~~~',
    'terminate called',
  ])
})

test('0.25 and later check capabilities instead of root', () => {
  expect(classified('ERROR: bpftrace requires CAP_BPF and CAP_PERFMON\n').code).toBe('not_permitted')
})

test('the kernel refuses to load: not permitted', () => {
  expect(classified('ERROR: Error loading program: BEGIN: Operation not permitted\n').code).toBe(
    'not_permitted',
  )
})

test('words of the script itself do not decide: bpftrace repeats the line that it refuses', () => {
  const { code } = classified(`stdin:1:9-12: ERROR: syntax error, unexpected }
BEGIN { printf("EPERM: Operation not permitted, No such process, probe not found") }
        ~~~
`)
  expect(code).toBe('script_invalid')
})

test('bpftrace that cannot be started', () => {
  const missing = classified('', { spawnError: 'ENOENT', exitCode: undefined })
  expect(missing).toEqual({
    code: 'bpftrace_missing',
    message: expect.stringMatching(/no program "bpftrace": .*apt-get install bpftrace.*PROBESPAN_BPFTRACE/),
  })
  const refused = classified('', { spawnError: 'EACCES', exitCode: undefined })
  expect(refused).toEqual({ code: 'bpftrace_failed', message: 'bpftrace could not be started: EACCES' })
})

test('anything else is told as it is, with how bpftrace ended', () => {
  expect(classified('terminate called\n', { exitCode: undefined, signal: 'SIGABRT' })).toEqual({
    code: 'bpftrace_failed',
    message: 'bpftrace ended with signal SIGABRT:\nterminate called',
  })
  expect(classified(warnings['0.17.0'], { exitCode: 3 }).message).toBe(
    'bpftrace ended with exit code 3, saying nothing',
  )
})
