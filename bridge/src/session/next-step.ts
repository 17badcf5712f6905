// How one run of bpftrace ended to what its session does next. Pure.
import type { BridgeError, BridgeErrorCode } from '../errors.ts'
import type { BridgeSource } from '../config.ts'
import type { TargetSelection } from '../target/target.ts'

export type RunEnd = {
  failure?: BridgeError
  /** The process that was traced is still there; true where files were traced. */
  targetAlive: boolean
  /** The process runs another program or the files are others now; bpftrace was stopped for that. */
  filesChanged: boolean
}

export type NextStep =
  /** In order: the target or the script has ended. */
  | 'finish'
  /** There is no use in trying again. */
  | 'give up'
  /** The target has ended and may come back, or is another file now. */
  | 'select again'
  /** bpftrace ended by itself, or failed. */
  | 'restart'

/** What only a change of the pack, the settings or the machine can mend, and the same at every try. */
const permanent: ReadonlySet<BridgeErrorCode> = new Set([
  'bpftrace_missing',
  'not_permitted',
  'script_invalid',
  'definition_invalid',
])

/** `everAttached`: in this run or one before, so that its pack, rights and bpftrace are known to be right. */
export function nextStep(
  end: RunEnd,
  everAttached: boolean,
  source: BridgeSource['kind'],
  target: TargetSelection['kind'],
): NextStep {
  const { failure, targetAlive, filesChanged } = end
  if (filesChanged) return 'select again'
  if (failure) {
    // A pid does not come back.
    if (failure.code === 'target_gone' && target === 'pid') return everAttached ? 'finish' : 'give up'
    return !everAttached && permanent.has(failure.code) ? 'give up' : 'restart'
  }
  if (!targetAlive) return target === 'pid' ? 'finish' : 'select again'
  // A script may end itself; the program of a pack does not, so somebody ended bpftrace.
  return source === 'script' ? 'finish' : 'restart'
}
