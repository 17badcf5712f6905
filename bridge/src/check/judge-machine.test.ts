// What would break: a machine called fit on which nothing can be traced, or a remedy that does not fit its cause.
import { expect, test } from 'vitest'
import type { MachineFacts } from './facts.ts'
import { capabilitiesOf, isUserNamespace, tracefsMounts } from './gather-machine.ts'
import { judgeMachine, judgePrivileges, judgeTracefs } from './judge-machine.ts'

const all = new Set(Array.from({ length: 41 }, (_, bit) => bit))
const without = (...bits: number[]): Set<number> => new Set([...all].filter((bit) => !bits.includes(bit)))
const [dacOverride, dacReadSearch, ptrace, admin, perfmon, bpf] = [1, 2, 19, 21, 38, 39]
const fit: MachineFacts = {
  platform: 'linux',
  release: '6.1.0-28-amd64',
  uprobes: { semaphores: true },
  eventSources: true,
  btf: true,
  tracefs: [{ path: '/sys/kernel/tracing', readable: true }],
  lockdown: '[none] integrity confidentiality',
  userId: 0,
  capabilities: all,
  inUserNamespace: false,
}
const old = { major: 0, minor: 17, patch: 0 }
const current = { major: 0, minor: 27, patch: 1 }
const { uprobes: _, ...noUprobes } = fit
const { capabilities: __, ...noCapabilities } = fit
const { lockdown: ___, ...noLockdown } = fit

test('a machine with everything is fit', () => {
  expect(judgeMachine(fit, old).map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok'])
  expect(judgeMachine(noLockdown, current).map(({ verdict }) => verdict)).not.toContain('FIX')
})

test('another system than Linux is told at once, and nothing else', () => {
  expect(judgeMachine({ ...fit, platform: 'darwin' }, undefined)).toMatchObject([
    { verdict: 'FIX', found: 'this is darwin, which has no BPF' },
  ])
})

test.each([
  ['4.16.0', 'FIX', /update the kernel/],
  ['4.9.337', 'FIX', /update the kernel/],
  ['3.10.0-1160.el7', 'FIX', /update the kernel/],
  ['4.17.0', 'note', /semaphore need 4\.20/],
  ['4.19.0-27-amd64', 'note', /semaphore need 4\.20/],
  ['4.20.0', 'ok', /^4\.20\.0$/],
  ['5.4.0', 'ok', /^5\.4\.0$/],
  ['6.18.44-fc-v657', 'ok', /^6/],
  ['next', 'note', /not a version that is known/],
])('kernel %s: %s', (release, verdict, text) => {
  expect(of('kernel', { ...fit, release })).toMatchObject({ verdict, all: expect.stringMatching(text) })
})

test.each([
  ['without uprobes', { ...noUprobes }, 'FIX', /CONFIG_UPROBE_EVENTS/],
  ['without /sys', { ...noUprobes, eventSources: false }, 'FIX', /mount -t sysfs/],
  ['without semaphores', { ...fit, uprobes: { semaphores: false } }, 'note', /without semaphores/],
])('uprobes, %s: %s', (_name, facts, verdict, text) => {
  expect(of('uprobes', facts)).toMatchObject({ verdict, all: expect.stringMatching(text) })
})

test('without BTF probes of programs still work', () => {
  expect(of('BTF', { ...fit, btf: false })).toMatchObject({ verdict: 'note' })
})

test.each([
  ['not mounted', [], /not mounted.*mount -t tracefs/],
  ['unreadable', [{ path: '/sys/kernel/tracing', readable: false }], /cannot be read/],
  ['elsewhere', [{ path: '/sys/kernel/debug/tracing', readable: true }], /at \/sys\/kernel\/debug\/tracing/],
])('tracefs %s: bpftrace warns, no more', (_name, tracefs, text) => {
  expect(judgeTracefs({ ...fit, tracefs }, old)).toMatchObject({
    verdict: 'note',
    found: expect.stringMatching(text),
  })
})

test('without tracefs neither 0.27 starts nor anyone without SYS_ADMIN attaches', () => {
  const none = { ...fit, tracefs: [] }
  expect(judgeTracefs(none, current)).toMatchObject({ verdict: 'FIX', found: expect.stringMatching(/0\.27/) })
  expect(judgeTracefs({ ...none, capabilities: without(admin) }, old)).toMatchObject({
    verdict: 'FIX',
    found: expect.stringMatching(/without CAP_SYS_ADMIN/),
    remedy: expect.stringMatching(/-v \/sys\/kernel\/tracing/),
  })
})

test('with both mounts of tracefs the usual one counts', () => {
  const tracefs = [
    { path: '/sys/kernel/debug/tracing', readable: false },
    { path: '/sys/kernel/tracing', readable: true },
  ]
  expect(judgeTracefs({ ...fit, tracefs }, old)).toMatchObject({ verdict: 'ok' })
})

test.each([
  ['none [integrity] confidentiality', 'ok', /^integrity$/],
  ['none integrity [confidentiality]', 'FIX', /lockdown=integrity/],
])('lockdown %s: %s', (lockdown, verdict, text) => {
  expect(of('lockdown', { ...fit, lockdown })).toMatchObject({ verdict, all: expect.stringMatching(text) })
})

test.each([
  [
    'a user, bpftrace up to 0.24',
    { ...fit, userId: 1000 },
    old,
    'FIX',
    /user 1000, and bpftrace 0\.17\.0 runs only as root.*sudo/s,
  ],
  ['a user, no bpftrace', { ...fit, userId: 1000 }, undefined, 'FIX', /user 1000, and bpftrace up to 0\.24/],
  ['a user with all capabilities, 0.27', { ...fit, userId: 1000 }, current, 'ok', /user 1000, with all/],
  [
    'a user without any, 0.27',
    { ...fit, userId: 1000, capabilities: new Set<number>() },
    current,
    'FIX',
    /--cap-add BPF --cap-add PERFMON --cap-add DAC_READ_SEARCH --cap-add DAC_OVERRIDE/,
  ],
  [
    'root without SYS_ADMIN',
    { ...fit, capabilities: without(admin) },
    old,
    'note',
    /a path of some 40 letters/,
  ],
  [
    'root without SYS_ADMIN and BPF',
    { ...fit, capabilities: without(admin, bpf) },
    old,
    'FIX',
    /root without CAP_BPF$/m,
  ],
  [
    'root without SYS_ADMIN and PERFMON',
    { ...fit, capabilities: without(admin, perfmon) },
    old,
    'FIX',
    /without CAP_PERFMON$/m,
  ],
  [
    'root without SYS_ADMIN before 5.8',
    { ...fit, release: '5.7.1', capabilities: without(admin) },
    old,
    'FIX',
    /without CAP_SYS_ADMIN$/m,
  ],
  [
    'root without BPF, 0.17: SYS_ADMIN is enough',
    { ...fit, capabilities: without(bpf, perfmon) },
    old,
    'ok',
    /root/,
  ],
  [
    'root without BPF, 0.27: SYS_ADMIN is enough',
    { ...fit, capabilities: without(bpf, perfmon) },
    current,
    'ok',
    /root/,
  ],
  [
    'root without BPF and SYS_ADMIN, 0.27',
    { ...fit, capabilities: without(bpf, admin) },
    current,
    'FIX',
    /without CAP_BPF$/m,
  ],
  [
    'a user without DAC, 0.27',
    { ...fit, userId: 1000, capabilities: without(dacOverride, dacReadSearch) },
    current,
    'FIX',
    /CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE/,
  ],
  [
    'root with what compose gives it',
    { ...fit, capabilities: new Set([admin, ptrace]) },
    { major: 0, minor: 23, patch: 2 },
    'ok',
    /root, with all/,
  ],
  [
    'root without KILL, 0.27',
    { ...fit, capabilities: new Set([bpf, perfmon, ptrace]) },
    current,
    'note',
    /without CAP_KILL: processes of other users/,
  ],
  [
    'root without SYS_PTRACE',
    { ...fit, capabilities: without(ptrace) },
    old,
    'note',
    /without CAP_SYS_PTRACE/,
  ],
  ['root of a user namespace', { ...fit, inUserNamespace: true }, old, 'FIX', /root of a user namespace/],
  ['no capabilities told', noCapabilities, old, 'note', /does not tell/],
])('privileges: %s', (_name, facts, version, verdict, text) => {
  const finding = judgePrivileges(facts, version)
  expect(finding).toMatchObject({ verdict })
  expect(textOf(finding)).toMatch(text)
})

test('what /proc says is read as it stands there', () => {
  expect(capabilitiesOf('Name:\tx\nCapEff:\t0000008000000002\n')).toEqual(new Set([1, 39]))
  expect(capabilitiesOf('')).toBeUndefined()
  expect(isUserNamespace('         0          0 4294967295\n')).toBe(false)
  expect(isUserNamespace('         0       1000          1\n')).toBe(true)
  expect(
    tracefsMounts('sysfs /sys sysfs rw 0 0\nnodev /sys/kernel/tracing tracefs rw,relatime 0 0\n'),
  ).toEqual(['/sys/kernel/tracing'])
})

function of(subject: string, facts: MachineFacts) {
  const finding = judgeMachine(facts, old).find((each) => each.subject === subject)!
  return { verdict: finding.verdict, all: textOf(finding) }
}

function textOf(finding: { found: string; remedy?: string }): string {
  return [finding.found, finding.remedy].filter(Boolean).join('\n')
}
