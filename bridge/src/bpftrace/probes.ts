// What bpftrace itself can tell before it attaches: its version, and where a process has its USDT probes.
import { execa } from 'execa'
import { BridgeError } from '../errors.ts'
import { fileIdentity } from '../target/file-identity.ts'
import { bpftraceEnvironment } from './environment.ts'
import { classifyFailure, targetGone } from './failure.ts'
import { parseVersion, type BpftraceVersion } from './version.ts'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const answerTimeoutMs = 30_000

export async function bpftraceVersion(program: string): Promise<BpftraceVersion> {
  const output = await run(program, ['--version'], undefined)
  const version = parseVersion(output)
  if (version) return version
  throw new BridgeError('bpftrace_failed', `${program} --version printed no version: ${output.slice(0, 200)}`)
}

/** `path` is that of the file; `attachPoint` such as `usdt:/proc/1/root/app/shop:shop:order_start`. */
export type FoundProbe = { path: string; attachPoint: string }

/**
 * Where a process has a provider's probes, by probe name. Each file once: 0.27 lists one also by its paths on PATH, and events would come twice.
 */
export async function usdtProbesOf(
  program: string,
  pid: number,
  provider: string,
): Promise<Map<string, FoundProbe[]>> {
  if (!existsSync(`/proc/${pid}`)) throw targetGone(pid)
  const output = await run(program, ['-p', String(pid), '-l', `usdt:*:${provider}:*`], pid)
  const probes = new Map<string, FoundProbe[]>()
  const seen = new Set<string>()
  for (const line of output.split('\n')) {
    const [, path, name] = /^usdt:(.*):[^:]+:([^:]+)$/.exec(line.trim()) ?? []
    if (path === undefined || name === undefined) continue
    const place = `${await fileIdentity(path)} ${name}`
    if (seen.has(place)) continue
    seen.add(place)
    const attachPoint = `usdt:${attachPath(path)}:${provider}:${name}`
    probes.set(name, [...(probes.get(name) ?? []), { path, attachPoint }])
  }
  return probes
}

/** A file as bpftrace reads it in an attach point: in quotes where it holds more than a usual path does. */
export const attachPath = (path: string): string => (/^[\w./+-]+$/.test(path) ? path : `"${path}"`)

export type ProbeName = { provider: string; name: string }

/**
 * The probes that a script looks for in the whole process (`usdt:*:shop:order_start`, `usdt::shop:order_start`), each
 * once. What it looks for by a file of its own, or by a pattern, is not among them.
 */
export function probesNamedIn(script: string): ProbeName[] {
  const byText = new Map<string, ProbeName>()
  for (const [, provider, name] of script.matchAll(namedProbes)) {
    if (provider !== undefined && name !== undefined) byText.set(`${provider}:${name}`, { provider, name })
  }
  return [...byText.values()]
}

/** Strings and comments, which are passed over, or a probe that is looked for in the whole process. */
const namedProbes =
  /"(?:[^"\\\n]|\\.)*"|\/\/.*|\/\*[\s\S]*?\*\/|(?<![\w:/])(?:usdt|U):\*?:(\w+):(\w+)(?![\w*?[])/g

/** The script with these probes by their places, such as `usdt:/usr/bin/shop:shop:order_start`, on the same lines. */
export function withAttachPoints(script: string, places: ReadonlyMap<string, readonly string[]>): string {
  return script.replace(namedProbes, (text: string, provider?: string, name?: string) =>
    provider === undefined ? text : (places.get(`${provider}:${name}`)?.join(', ') ?? text),
  )
}

/**
 * From the file system's root: 0.27 takes the `*` of `usdt:*:…` also for the files of the current folder. It would list
 * the probes of a program there a second time, by a path that it cannot attach to, and wait for ever for a named pipe.
 */
async function run(program: string, args: string[], targetPid: number | undefined): Promise<string> {
  const path = program.includes('/') ? resolve(program) : program
  const env = bpftraceEnvironment()
  const options = { reject: false, stdin: 'ignore', timeout: answerTimeoutMs, cwd: '/', env } as const
  const result = await execa(path, args, options)
  if (result.exitCode === 0) return result.stdout
  throw classifyFailure({
    program,
    spawnError: result.exitCode === undefined && result.signal === undefined ? result.code : undefined,
    exitCode: result.exitCode,
    signal: result.signal,
    stderr: result.stderr.split('\n'),
    stdoutText: [],
    targetPid,
  })
}
