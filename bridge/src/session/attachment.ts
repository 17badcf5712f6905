// A target as it is now to what one run of bpftrace is attached to, and to what tells that the target is another.
import { stat } from 'node:fs/promises'
import { isOfScript } from '../definition/definition.ts'
import { BridgeError } from '../errors.ts'
import { prepareInvocation, type Invocation, type InvocationRequest } from '../source.ts'
import { replacedPrograms } from '../target/replaced-programs.ts'
import { selectTargets } from '../target/select.ts'
import { selectionText, type TargetFile, type TargetSelection } from '../target/target.ts'
import { canTellProcesses, containerAttachment } from './container-attachment.ts'
import { programOfProcess, startOfProcess } from './process-life.ts'

export type Attachment = {
  invocation: Invocation
  /** For messages: "process 12", "container shop (processes 12, 15)", "/usr/bin/shop". */
  what: string
  /** Where one process is traced. */
  pid?: number
  /** The program of processes that are gone before they could be looked at, where there is only one. */
  executable?: string
  /** Whether what was selected still runs: the process, any one of the container; always true of files. */
  isAlive(): boolean
  /** Whether the process runs another program, or the files are others now; those that are away for a moment are not. */
  hasChanged(): Promise<boolean>
}

/**
 * Rejects with BridgeError: why there is no such target, or what it lacks. Of a container it is every process that has
 * the pack's probes; for a script, which tells of no process, the first one.
 */
export async function attachmentOf(
  selection: TargetSelection,
  request: Omit<InvocationRequest, 'target'>,
): Promise<Attachment> {
  switch (selection.kind) {
    case 'pid':
      return processAttachment(selection.pid, selectionText(selection), request)
    case 'executable':
      return filesAttachment(selection.pattern, request)
    case 'container': {
      const targets = await selectTargets(selection)
      const [first] = targets
      if (first?.pid !== undefined && !isOfScript(request.definition) && canTellProcesses(request.version)) {
        const all = await containerAttachment(first.pid, selectionText(selection), request)
        if (all) return all
      }
      let refusal: unknown
      for (const { pid = 0 } of targets) {
        try {
          return await processAttachment(pid, `${selectionText(selection)} (process ${pid})`, request)
        } catch (error) {
          refusal ??= error
        }
      }
      throw refusal
    }
  }
}

async function processAttachment(
  pid: number,
  what: string,
  request: Omit<InvocationRequest, 'target'>,
): Promise<Attachment> {
  // Before anything else is asked about it: a pid may be another's later.
  const [start, program] = [startOfProcess(pid), programOfProcess(pid)]
  const invocation = await prepareInvocation({ ...request, target: { kind: 'process', pid } })
  return {
    invocation,
    what,
    pid,
    isAlive: () => start !== undefined && startOfProcess(pid) === start,
    hasChanged: async () =>
      program !== undefined && programOfProcess(pid) !== program && startOfProcess(pid) === start,
  }
}

async function filesAttachment(
  pattern: string,
  request: Omit<InvocationRequest, 'target'>,
): Promise<Attachment> {
  const files = await filesOf(pattern)
  // Before they are read: what changes meanwhile is seen afterwards.
  const identity = await identityOf(files)
  const running = [...files, ...(await replacedPrograms(files))]
  const invocation = await prepareInvocation({
    ...request,
    target: { kind: 'files', files: running, pattern },
  })
  const [only, ...others] = files
  return {
    invocation,
    what: pattern,
    ...(only && others.length === 0 && { executable: only.path }),
    isAlive: () => true,
    hasChanged: async () => {
      const now = await filesOf(pattern).then(identityOf, (error: unknown) => {
        if (error instanceof BridgeError) return undefined
        throw error
      })
      return now !== undefined && now !== identity
    },
  }
}

async function filesOf(pattern: string): Promise<TargetFile[]> {
  const targets = await selectTargets({ kind: 'executable', pattern })
  return targets.flatMap(({ files }) => files)
}

/** Undefined where one is just being replaced. A file that is written anew in place has another size or time. */
async function identityOf(files: readonly TargetFile[]): Promise<string | undefined> {
  const stats = await Promise.all(
    files.map(({ readPath }) => stat(readPath, { bigint: true }).catch(() => undefined)),
  )
  const parts = stats.flatMap((each) => (each ? `${each.dev}:${each.ino}:${each.size}:${each.mtimeNs}` : []))
  return parts.length === files.length ? parts.join(' ') : undefined
}
