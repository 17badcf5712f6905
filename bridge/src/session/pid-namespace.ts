// Whether the pids that bpftrace prints are pids here.
import { readlinkSync } from 'node:fs'
import type { BpftraceVersion } from '../bpftrace/version.ts'

/** The inode number of the first pid namespace: PROC_PID_INIT_INO of the kernel's linux/proc_ns.h. */
const firstNamespace = 'pid:[4026531836]'

export function isFirstPidNamespace(): boolean {
  return readlinkSync('/proc/self/ns/pid') === firstNamespace
}

/** Up to 0.21 they are those of the host, also inside of a pid namespace. */
export function pidsAreForeign({ major, minor }: BpftraceVersion): boolean {
  return major === 0 && minor <= 21 && !isFirstPidNamespace()
}
