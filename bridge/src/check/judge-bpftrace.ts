// Facts of the installed bpftrace to findings: is it there, what does its version lack, does a program run.
import { isUntried, lacksOf, versionText } from '../bpftrace/version.ts'
import type { BpftraceFacts } from './facts.ts'
import { fix, note, ok, type Finding } from './finding.ts'

export function judgeBpftrace(facts: BpftraceFacts): Finding[] {
  if ('failure' in facts) return [fix('bpftrace', `${facts.program} cannot be used`, facts.failure)]
  const { program, version, trial } = facts
  const text = `${program} ${versionText(version)}`
  return [
    isUntried(version)
      ? note('bpftrace', `${text}: older than 0.17, the oldest that was tried`)
      : ok('bpftrace', text),
    ...lacksOf(version).map((what) => note('bpftrace', what)),
    trial.ok
      ? ok('trial', `a program of one probe ran and printed, in ${Math.round(trial.elapsedMs)} ms`)
      : fix('trial', 'a program of one probe did not run', trial.failure),
  ]
}
