// What would break: a bridge that needs more rights than its README says. Real bpftrace, every version that is here, with
// exactly those capabilities, on the process of another user.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { needsTracefs, parseVersion } from '../src/bpftrace/version.ts'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { Receiver } from './receiver.ts'
import { testedVersions } from './roots/versions.ts'
import { until } from './waiting.ts'

const pack = `name: job
provider: sup
spans:
  job: { start: job_start, end: job_end, match: arg0 }
`
const [user, another] = [1000, 1001]
const tracefs = '/sys/kernel/tracing'
const cannotTry =
  (process.getuid?.() !== 0 || !existsSync(join(tracefs, 'uprobe_events'))) && process.env.CI !== 'true'
if (cannotTry) console.warn('SKIPPED: giving away rights needs root, and attaching with few needs tracefs')

const folder = new Folder()
/** bpftrace up to 0.24 attaches without SYS_ADMIN only where a path is short. */
const shortFolder = cannotTry ? '' : mkdtempSync('/tmp/p-')
const longPath = join(folder.path, 'a-program-of-a-longer-name')
const shortPath = join(shortFolder, 's')
const source = fileURLToPath(new URL('supervised.c', import.meta.url))
const running: ChildProcess[] = []

beforeAll(() => {
  if (cannotTry) return
  execFileSync('cc', ['-O1', '-Wall', '-Werror', '-o', longPath, source], { stdio: 'pipe' })
  copyFileSync(longPath, shortPath)
  for (const each of [folder.path, shortFolder]) chmodSync(each, 0o755)
})
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})
afterAll(() => {
  folder[Symbol.dispose]()
  if (shortFolder !== '') rmSync(shortFolder, { recursive: true })
})

/** A command that becomes the one behind it, with these capabilities and no other. */
function withOnly(capabilities: readonly string[], uid = 0): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',')
  const as = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--ambient-caps', set]
  return ['setpriv', '--bounding-set', set, '--inh-caps', set, ...(uid === 0 ? [] : as)]
}

const withoutTracefs = ['unshare', '-m', 'sh', '-c', `umount -l ${tracefs} && exec "$@"`, 'sh']

/** A process of another user. */
function start(program: string): Record<string, string> {
  const child = spawn(program, ['0', '0'], { stdio: 'ignore', uid: another, gid: another })
  running.push(child)
  return { TARGET_PID: String(child.pid) }
}

describe.skipIf(cannotTry).for(testedVersions().versions)('bpftrace $version', ({ program, version }) => {
  const asks = needsTracefs(parseVersion(version) ?? { major: 0, minor: 0, patch: 0 })
  const few = ['bpf', 'perfmon', 'sys_ptrace', ...(asks ? ['kill'] : [])]
  const admin = ['sys_admin', 'sys_ptrace', ...(asks ? ['kill'] : [])]

  function bridgeOn(target: Record<string, string>, receiver: Receiver, before: string[]): BridgeProcess {
    const env = {
      PROBESPAN_BPFTRACE: program,
      PROBESPAN_PACK: folder.write('job.yaml', pack),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    }
    return new BridgeProcess({ ...env, ...target }, { before })
  }

  /** How often it attached: where it takes the process for one that has ended, more than once. */
  async function attachments(target: Record<string, string>, before: string[]): Promise<number> {
    await using receiver = await Receiver.start()
    await using bridge = bridgeOn(target, receiver, before)
    await bridge.says('attached to')
    await until(() => receiver.spans.length >= 100)
    expect(await bridge.stop()).toBe(0)
    return bridge.said.split('attached ').length - 1
  }

  async function exitCode(target: Record<string, string>, before: string[]): Promise<number | null> {
    await using receiver = await Receiver.start()
    await using bridge = bridgeOn(target, receiver, before)
    return await bridge.exitCode
  }

  test('a process with few capabilities, by tracefs', async () => {
    expect(await attachments(start(shortPath), withOnly(few))).toBe(1)
  })

  test('a program with fewer', async () => {
    start(shortPath)
    expect(await attachments({ TARGET_EXE: shortPath }, withOnly(['bpf', 'perfmon']))).toBe(1)
  })

  test('a process with SYS_ADMIN, wherever its program is; without tracefs where bpftrace can do without', async () => {
    const before = [...(asks ? [] : withoutTracefs), ...withOnly(admin)]
    expect(await attachments(start(longPath), before)).toBe(1)
  })

  // Without SYS_PTRACE there seem to be no probes.
  test.each([
    ['bpf', 11],
    ['perfmon', 11],
    ['sys_ptrace', 13],
  ])('without %s: refused', async (name, code) => {
    const before = withOnly(few.filter((each) => each !== name))
    expect(await exitCode(start(shortPath), before)).toBe(code)
  })

  test('with few capabilities, but no tracefs: refused', async () => {
    expect(await exitCode(start(shortPath), [...withoutTracefs, ...withOnly(few)])).toBe(11)
  })

  test.runIf(asks)('as another user', async () => {
    const before = withOnly([...few, 'dac_read_search', 'dac_override'], user)
    expect(await attachments(start(longPath), before)).toBe(1)
  })

  test.skipIf(asks)('as another user, where bpftrace wants root: refused', async () => {
    const before = withOnly([...admin, 'dac_read_search', 'dac_override'], user)
    expect(await exitCode(start(shortPath), before)).toBe(11)
  })
})
