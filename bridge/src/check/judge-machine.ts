// Facts of the kernel and of this process's rights to findings. Versions: uprobes as performance events came with
// Linux 4.17, their counters (USDT semaphores) with 4.20, CAP_BPF and CAP_PERFMON with 5.8.
import { needsRoot, needsTracefs, versionText, type BpftraceVersion } from '../bpftrace/version.ts'
import type { MachineFacts } from './facts.ts'
import { fix, note, ok, type Finding } from './finding.ts'

const capability = {
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_KILL: 5,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const
type CapabilityName = keyof typeof capability

export function judgeMachine(facts: MachineFacts, bpftrace: BpftraceVersion | undefined): Finding[] {
  if (facts.platform !== 'linux') {
    return [
      fix(
        'kernel',
        `this is ${facts.platform}, which has no BPF`,
        'run the bridge on Linux, where the target runs (a virtual machine will do)',
      ),
    ]
  }
  return [
    judgeKernel(facts),
    judgeUprobes(facts),
    judgeBtf(facts),
    judgeTracefs(facts, bpftrace),
    judgeLockdown(facts),
    judgePrivileges(facts, bpftrace),
  ]
}

export function judgeKernel({ release }: MachineFacts): Finding {
  const version = kernelVersion(release)
  if (version === undefined) return note('kernel', `${release}: not a version that is known`)
  if (version < 4017) {
    return fix(
      'kernel',
      `${release} is older than 4.17`,
      'update the kernel: uprobes as events came with 4.17',
    )
  }
  if (version < 4020) {
    return note(
      'kernel',
      `${release}: programs whose probes have a semaphore need 4.20, and --pid until then`,
    )
  }
  return ok('kernel', release)
}

/** 4.17 as 4017, so that versions compare. */
function kernelVersion(release: string): number | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? []
  return major === undefined || minor === undefined ? undefined : Number(major) * 1000 + Number(minor)
}

export function judgeUprobes({ uprobes, eventSources }: MachineFacts): Finding {
  if (uprobes) {
    return uprobes.semaphores
      ? ok('uprobes', 'available, with semaphores')
      : note('uprobes', 'available, but without semaphores: programs that have some fire only with --pid')
  }
  return eventSources
    ? fix(
        'uprobes',
        'the kernel has no uprobes (/sys/bus/event_source/devices/uprobe)',
        'use a kernel built with CONFIG_UPROBE_EVENTS=y, as all distributions are',
      )
    : fix(
        'uprobes',
        'there is no /sys/bus/event_source, so nothing can be said of uprobes',
        'mount sysfs: mount -t sysfs sysfs /sys (in a container: -v /sys:/sys:ro)',
      )
}

export function judgeBtf({ btf }: MachineFacts): Finding {
  return btf
    ? ok('BTF', '/sys/kernel/btf/vmlinux')
    : note(
        'BTF',
        'there is no /sys/kernel/btf/vmlinux: probes of programs do without; scripts on kernel types do not',
      )
}

export function judgeTracefs(
  { tracefs, capabilities }: MachineFacts,
  bpftrace: BpftraceVersion | undefined,
): Finding {
  const usual = tracefs.find(({ path }) => path === '/sys/kernel/tracing')
  const mounted = usual ?? tracefs[0]
  const mount =
    'mount -t tracefs tracefs /sys/kernel/tracing (in a container: -v /sys/kernel/tracing:/sys/kernel/tracing)'
  if (!mounted && capabilities?.has(capability.CAP_SYS_ADMIN) === false) {
    return fix('tracefs', 'not mounted: without CAP_SYS_ADMIN bpftrace attaches by it', mount)
  }
  if (!mounted && bpftrace !== undefined && needsTracefs(bpftrace)) {
    return fix('tracefs', `not mounted: bpftrace ${versionText(bpftrace)} does not start without it`, mount)
  }
  // Probes attach without it (tried with 0.17.0 and 0.23.2); bpftrace complains, and at its end about detaching.
  if (!mounted) return note('tracefs', `not mounted: bpftrace warns, and can list no kernel probes. ${mount}`)
  if (!mounted.readable) return note('tracefs', `${mounted.path} cannot be read: bpftrace warns. Run as root`)
  if (!usual)
    return note('tracefs', `at ${mounted.path}, where bpftrace does not look at its end: it warns. ${mount}`)
  return ok('tracefs', usual.path)
}

export function judgeLockdown({ lockdown }: MachineFacts): Finding {
  const mode = /\[(\w+)\]/.exec(lockdown ?? '')?.[1] ?? 'none'
  if (mode !== 'confidentiality') return ok('lockdown', mode)
  return fix(
    'lockdown',
    'confidentiality: the kernel refuses BPF programs that read memory, and tracing',
    'boot with lockdown=integrity, or without Secure Boot where that sets it',
  )
}

export function judgePrivileges(facts: MachineFacts, bpftrace: BpftraceVersion | undefined): Finding {
  const { userId, capabilities, inUserNamespace, release } = facts
  const who = userId === 0 ? 'root' : `user ${userId}`
  if (inUserNamespace) {
    return fix(
      'privileges',
      `${who} of a user namespace, who may load no BPF programs`,
      'run outside of it: as the real root, in a container of an engine that runs as root',
    )
  }
  if (userId !== 0 && (bpftrace === undefined || needsRoot(bpftrace))) {
    const asking = bpftrace === undefined ? 'bpftrace up to 0.24' : `bpftrace ${versionText(bpftrace)}`
    return fix(
      'privileges',
      `${who}, and ${asking} runs only as root`,
      'run as root (sudo), or update bpftrace to 0.25',
    )
  }
  if (!capabilities) return note('privileges', `${who}; /proc does not tell the capabilities`)
  const has = (name: CapabilityName): boolean => capabilities.has(capability[name])
  const finer = (kernelVersion(release) ?? 0) >= 5008
  const needed: CapabilityName[] = has('CAP_SYS_ADMIN')
    ? []
    : finer
      ? ['CAP_BPF', 'CAP_PERFMON']
      : ['CAP_SYS_ADMIN']
  // As a user bpftrace asks for them, whether it needs them or not.
  if (userId !== 0) needed.push('CAP_DAC_READ_SEARCH', 'CAP_DAC_OVERRIDE')
  const missing = needed.filter((name) => !has(name))
  if (missing.length > 0) {
    return fix(
      'privileges',
      `${who} without ${missing.join(', ')}`,
      `add them (in a container: ${missing.map((name) => `--cap-add ${name.slice('CAP_'.length)}`).join(' ')}), or run privileged`,
    )
  }
  const bounds = boundsOf(has, bpftrace)
  return bounds.length > 0
    ? note('privileges', `${who} without ${bounds.join('; without ')}`)
    : ok('privileges', `${who}, with all capabilities that are needed`)
}

/** What works, but not everywhere. */
function boundsOf(has: (name: CapabilityName) => boolean, bpftrace: BpftraceVersion | undefined): string[] {
  const isOld = bpftrace === undefined || needsRoot(bpftrace)
  return [
    ...(has('CAP_SYS_PTRACE') ? [] : ['CAP_SYS_PTRACE: only programs can be traced, by --exe']),
    ...(has('CAP_SYS_ADMIN') || !isOld
      ? []
      : ['CAP_SYS_ADMIN: only files with a path of some 40 letters can be traced']),
    ...(has('CAP_KILL') || isOld ? [] : ['CAP_KILL: processes of other users cannot be traced by --pid']),
  ]
}
