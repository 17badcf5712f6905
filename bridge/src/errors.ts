// Every way in which the bridge gives up: a code, the exit code of its process, and what the user can do.
// bridge/README.md lists the same table; a test holds the two together.

export const bridgeErrors = {
  config_invalid: { exitCode: 2, when: 'a setting or flag cannot be read' },
  bpftrace_missing: { exitCode: 10, when: 'there is no bpftrace program' },
  not_permitted: {
    exitCode: 11,
    when: 'not root, or without the right to load BPF programs or the tracefs that it takes',
  },
  script_invalid: { exitCode: 12, when: 'bpftrace refuses the script or generated program' },
  probe_missing: { exitCode: 13, when: 'the target has no such probe' },
  target_gone: { exitCode: 14, when: 'there is no process with the target pid' },
  definition_invalid: {
    exitCode: 15,
    when: 'a definition file has a mistake, cannot be read, or reads what a probe has not',
  },
  bpftrace_failed: { exitCode: 16, when: 'bpftrace ended with an error that has no code of its own' },
  spool_unavailable: { exitCode: 17, when: 'the spool cannot be used, or another bridge uses it' },
  listen_failed: { exitCode: 18, when: 'the address for health and metrics cannot be listened on' },
} as const

export type BridgeErrorCode = keyof typeof bridgeErrors

/** An operational error: its message says what happened, with which value, and what to do. */
export class BridgeError extends Error {
  readonly code: BridgeErrorCode
  constructor(code: BridgeErrorCode, message: string) {
    super(message)
    this.name = 'BridgeError'
    this.code = code
  }
  get exitCode(): number {
    return bridgeErrors[this.code].exitCode
  }
}
