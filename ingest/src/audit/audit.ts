// The audit of queries: a line of JSON for each, to a file of its own or into the service's log, written after the answer
// and without holding it up. In: where to, and the keys' names; out: what observes the API's requests. Where lines cannot
// be written queries go on, loudly, unless the audit is required: then they are refused until it works again.
import type { Logger } from 'pino'
import type { KeyRing } from '../access/key-ring.ts'
import type { RequestObserver } from '../asked/observed-requests.ts'
import type { Counters } from '../counters.ts'
import { RequestFault, StartFault } from '../faults.ts'
import { auditWaitingBytesMax } from '../limits.ts'
import { auditEntry } from './audit-entry.ts'
import type { AuditEntry } from './audit-entry.ts'
import { AuditFile } from './audit-file.ts'

export type AuditConfig = {
  /** `log`: the service's own. */
  target: 'log' | { path: string }
  required: boolean
}

export type Audit = {
  observer: RequestObserver
  /** Why lines cannot be written now. */
  failure(): string | undefined
  /** The file was moved away: the next line opens another. Undefined: there is no file. */
  reopen: (() => void) | undefined
  close(): Promise<void>
}

export type AuditParts = {
  config: AuditConfig
  keys: Pick<KeyRing, 'nameOf' | 'isKey'>
  counters: Pick<Counters, 'auditLines' | 'auditLinesLost'>
  log: Logger
}

type Target = Omit<Audit, 'observer'> & { add(entry: AuditEntry): void; isFull(): boolean }

/** Rejects with StartFault where the file cannot be written. */
export async function openAudit({ config, keys, counters, log }: AuditParts): Promise<Audit> {
  const { target: to, required } = config
  const target = to === 'log' ? logTarget(counters, log) : await fileTarget(to.path, counters, log)
  return {
    observer: {
      begin() {
        const failure =
          target.failure() ?? (target.isFull() ? 'too many lines wait to be written' : undefined)
        if (required && failure !== undefined) throw unaudited(failure)
      },
      last: (request) => target.add(auditEntry(request, undefined, keys)),
      end: (request, end) => target.add(auditEntry(request, end, keys)),
    },
    failure: target.failure,
    reopen: target.reopen,
    close: target.close,
  }
}

function logTarget(counters: AuditParts['counters'], log: Logger): Target {
  // Whatever the log leaves out otherwise.
  const always = log.child({}, { level: 'info' })
  return {
    add(entry) {
      always.info({ audit: entry }, 'query')
      counters.auditLines++
    },
    failure: () => undefined,
    isFull: () => false,
    reopen: undefined,
    close: async () => {},
  }
}

async function fileTarget(path: string, counters: AuditParts['counters'], log: Logger): Promise<Target> {
  const file = await AuditFile.open({
    path,
    waitingBytesMax: auditWaitingBytesMax,
    onWritten: (lines) => (counters.auditLines += lines),
    onLost: (lines) => (counters.auditLinesLost += lines),
    onFailing: (reason) =>
      log.error(
        { path, reason },
        'the audit cannot be written: its lines wait in memory, and are lost beyond it',
      ),
    onWorking: () => log.info({ path, linesLost: counters.auditLinesLost }, 'the audit is written again'),
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartFault(
      'config_invalid',
      `PROBESPAN_AUDIT_FILE: the audit cannot be written: ${reason}. Name a file in a folder that exists and that ` +
        'this user may write to, or "log".',
      { cause: error },
    )
  })
  return {
    add: (entry) => file.add(JSON.stringify(entry)),
    failure: () => file.failure,
    isFull: () => file.isFull,
    reopen: () => file.reopen(),
    close: () => file.close(),
  }
}

function unaudited(reason: string): RequestFault {
  return new RequestFault(
    'audit_failed',
    `queries are audited here, and the audit cannot be written (${reason}): nothing is answered until it can.`,
  )
}
