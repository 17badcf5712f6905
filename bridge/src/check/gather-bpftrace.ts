// The installed bpftrace as facts: its version, and whether the smallest program runs and prints within a deadline.
import { execa } from 'execa'
import { bpftraceEnvironment } from '../bpftrace/environment.ts'
import { classifyFailure } from '../bpftrace/failure.ts'
import { readOutput } from '../bpftrace/output.ts'
import { bpftraceVersion } from '../bpftrace/probes.ts'
import { BridgeError } from '../errors.ts'
import type { BpftraceFacts, Trial } from './facts.ts'

const trialDeadlineMs = 20_000
const trialMark = 'probespan trial'
const trialProgram = `BEGIN { print(("${trialMark}", nsecs)); exit(); }`

export async function gatherBpftrace(program: string): Promise<BpftraceFacts> {
  try {
    const version = await bpftraceVersion(program)
    return { program, version, trial: await runTrial(program) }
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    return { program, failure: error.message }
  }
}

async function runTrial(program: string): Promise<Trial> {
  const startedMs = performance.now()
  const result = await execa(program, ['-f', 'json', '-e', trialProgram], {
    reject: false,
    stdin: 'ignore',
    timeout: trialDeadlineMs,
    env: bpftraceEnvironment(),
  })
  const elapsedMs = performance.now() - startedMs
  if (result.timedOut) {
    const failure = `it did not end within ${trialDeadlineMs} ms: look at the load of this machine, and run it by hand: ${program} -e '${trialProgram}'`
    return { ok: false, failure }
  }
  const lines = result.stdout.split('\n')
  if (result.exitCode === 0 && lines.some(isTrialLine)) return { ok: true, elapsedMs }
  const error = classifyFailure({
    program,
    exitCode: result.exitCode,
    signal: result.signal,
    stderr: result.stderr.split('\n'),
    stdoutText: lines.filter((line) => line !== '' && !line.startsWith('{')),
  })
  return { ok: false, failure: error.message }
}

function isTrialLine(line: string): boolean {
  const record = readOutput(line)
  return record.kind === 'value' && Array.isArray(record.value) && record.value[0] === trialMark
}
