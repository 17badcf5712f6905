// The resource of each span: of the process that was traced, or where files were traced of the one that fired the
// probe. A process is looked at when its first event comes, because it may have ended when its span does.
import type { Resource } from '@opentelemetry/resources'
import { processResource } from '../span/process-resource.ts'
import { bootNsOfStart, programOfProcess, startOfProcess } from './process-life.ts'

type Entry = {
  resource: Resource
  start: string | undefined
  program: string | undefined
  checkedMs: number
}

/** How long a pid is taken for the same process without looking: events of two processes may take turns. */
const checkMs = 1000
/** Beyond it the longest unchecked is forgotten, and read again if it is still there. */
const processesMax = 4096

export class ProcessResources {
  private readonly attributes: Readonly<Record<string, string>>
  private readonly processes = new Map<number, Entry>()
  private traced: Resource
  private isByPid = false
  private executable: string | undefined

  /** `attributes` win over what /proc tells. */
  constructor(attributes: Readonly<Record<string, string>>) {
    this.attributes = attributes
    this.traced = processResource(undefined, attributes)
  }

  /** From now on all events are of this process, whatever pid they have: bpftrace 0.17 tells the host's. */
  trace(pid: number): Resource {
    this.isByPid = false
    this.traced = processResource(pid, this.attributes)
    return this.traced
  }

  /**
   * From now on events are of the processes whose pid they have; `executable` is their program where one has ended
   * already. With `pidsAreForeign` their pids mean nothing here.
   */
  traceAny(executable: string | undefined, pidsAreForeign: boolean): Resource {
    this.isByPid = !pidsAreForeign
    this.executable = executable
    this.traced = processResource(undefined, this.attributes, executable)
    return this.traced
  }

  /** An event of this pid has come; `nowMs` is monotonic. */
  see(pid: number, nowMs: number): void {
    const known = this.processes.get(pid)
    if (known && this.isByPid && nowMs - known.checkedMs < checkMs) return
    this.processes.delete(pid)
    this.processes.set(pid, this.entryOf(pid, known, nowMs))
    if (this.processes.size <= processesMax) return
    const [longestUnchecked] = this.processes.keys()
    if (longestUnchecked !== undefined) this.processes.delete(longestUnchecked)
  }

  /** Of a span whose start has this pid. */
  of(pid: number): Resource {
    return this.processes.get(pid)?.resource ?? this.traced
  }

  /**
   * When the process that was seen under this pid had ended or become another program, in the kernel's boot time: by
   * `nowNs`, or before another process got its pid. Undefined while it runs, and where the pid means nothing here.
   */
  endOf(pid: number, nowNs: bigint): bigint | undefined {
    if (!this.isByPid || pid === 0) return undefined
    const start = startOfProcess(pid)
    const known = this.processes.get(pid)
    if (start === undefined) return nowNs
    if (known?.start !== undefined && known.start !== start) return bootNsOfStart(start)
    return known?.program !== undefined && known.program !== programOfProcess(pid) ? nowNs : undefined
  }

  private entryOf(pid: number, known: Entry | undefined, nowMs: number): Entry {
    if (!this.isByPid || pid === 0) {
      return { resource: this.traced, start: undefined, program: undefined, checkedMs: nowMs }
    }
    const [start, program] = [startOfProcess(pid), programOfProcess(pid)]
    // Of a process that has ended meanwhile what was read still holds.
    if (known && (start === undefined || (start === known.start && program === known.program))) {
      return { ...known, checkedMs: nowMs }
    }
    const resource = processResource(pid, this.attributes, this.executable)
    return { resource, start, program, checkedMs: nowMs }
  }
}
