// What is looked at on a machine, as it was found: nothing is judged here. Text and numbers as the system gives them,
// read into types; absent is what is not there.
import type { BpftraceVersion } from '../bpftrace/version.ts'
import type { Definition } from '../definition/definition.ts'
import type { Protocol } from '../deliver/settings.ts'
import type { Outcome } from '../deliver/transport.ts'
import type { Inventory } from '../probes/inventory.ts'

export type MachineFacts = {
  /** `linux` as Node calls it. */
  platform: string
  /** As `uname -r` prints it. */
  release: string
  /** The kernel can be asked for uprobes: /sys/bus/event_source/devices/uprobe; `semaphores` if also for counters. */
  uprobes?: { semaphores: boolean }
  /** /sys has performance events at all: without, nothing can be said of uprobes. */
  eventSources: boolean
  btf: boolean
  /** Where tracefs is mounted, and whether its folder can be listed. */
  tracefs: { path: string; readable: boolean }[]
  /** What stands in /sys/kernel/security/lockdown, such as `[none] integrity confidentiality`. */
  lockdown?: string
  userId: number
  /** The numbers of the effective capabilities; absent where /proc does not tell. */
  capabilities?: ReadonlySet<number>
  /** Root of a user namespace is nobody to the kernel's BPF. */
  inUserNamespace: boolean
}

export type BpftraceFacts = { program: string } & (
  | { version: BpftraceVersion; trial: Trial }
  /** `failure` says what happened and what to do. */
  | { failure: string }
)

export type Trial =
  | { ok: true; elapsedMs: number }
  /** `failure` as above. */
  | { ok: false; failure: string }

/** `what` names the target, such as "process 12". */
export type SeenTarget = { what: string; pids: number[]; inventory: Inventory }
export type TargetFacts = SeenTarget | { what: string; failure: string }

export type PackFacts = { path: string } & (
  | {
      definition: Definition
      /** What it is run on: all that were named, or else its own. */
      targets: readonly TargetFacts[]
    }
  | { failure: string }
)

export type EndpointFacts = {
  url: string
  protocol: Protocol
  /** Whether OTEL_EXPORTER_OTLP_HEADERS has any. */
  headersGiven: boolean
  /** What is wrong with variables of its, without being in the way. */
  remarks: readonly string[]
} & ({ outcome: Outcome } | { failure: string })

export type Facts = {
  machine: MachineFacts
  bpftrace: BpftraceFacts
  /** Named by flag or variable. */
  targets: readonly TargetFacts[]
  packs: readonly PackFacts[]
  endpoint: EndpointFacts
}
