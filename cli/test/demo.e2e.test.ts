// The README's second command as a new user runs it: what it prints, how it ends, what it leaves behind.
import { execa } from 'execa'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cannotTrace, project } from './stack.ts'

const skip = cannotTrace()
if (skip !== undefined) process.stderr.write(`${skip}\n`)

const folder = mkdtempSync(join(tmpdir(), 'probespan-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The database's path is in the environment of every process that the demo starts: it marks them. */
const start = (name: string, args: string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [join(project, 'cli/setup/run.mjs'), 'start', ...args], {
    env: { ...env, PROBESPAN_DB: join(folder, `${name}.db`) },
    reject: false,
    forceKillAfterDelay: 20_000,
  })

test.skipIf(skip !== undefined)('--once prints 20 live traces in which inner spans lie inside', async () => {
  const result = await start('live', ['--once', '--no-replay'])
  expect(result.exitCode, result.stderr).toBe(0)
  const trees = result.stdout.split(/^Trace ID: /m).slice(1)
  expect(trees).toHaveLength(20)
  expect(trees.filter((tree) => /GET|POST/.test(tree))).toHaveLength(20)
  const inner = trees.flatMap(innerSpans)
  expect(inner.length).toBeGreaterThan(10)
  expect(inner.filter((span) => span.sticksOut)).toEqual([])
  expect(result.stdout).not.toContain('not live')
  expect(left('live')).toEqual([])
})

test('without bpftrace it says why, replays, and never as live', async () => {
  const result = await start('replay', ['--once'], { PROBESPAN_BPFTRACE: '/nonexistent/bpftrace' })
  expect(result.exitCode, result.stderr).toBe(0)
  expect(result.stderr).toContain('nothing here is live')
  expect(result.stderr).toContain('apt-get install bpftrace')
  const trees = result.stdout.split(/^Trace ID: /m).slice(1)
  expect(trees).toHaveLength(20)
  expect(trees.filter((tree) => tree.includes('Replayed from a recording: not live'))).toHaveLength(20)
  expect(left('replay')).toEqual([])
})

test('with --no-replay and without bpftrace it fails and says why', async () => {
  const result = await start('failing', ['--once', '--no-replay'], {
    PROBESPAN_BPFTRACE: '/nonexistent/bpftrace',
  })
  expect(result.exitCode).toBe(1)
  expect(result.stderr).toContain('there is no program "/nonexistent/bpftrace"')
  expect(result.stdout).toBe('')
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends it in order and leaves no process behind',
  async (signal) => {
    const running = start(signal, [], { PROBESPAN_BPFTRACE: '/nonexistent/bpftrace' })
    await new Promise<void>((resolve) => {
      running.stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('the page with all of them')) resolve()
      })
    })
    running.kill(signal)
    const result = await running
    expect(result.exitCode, result.stderr).toBe(0)
    expect(left(signal)).toEqual([])
  },
)

type Inner = { line: string; sticksOut: boolean }

/** Each line of a tree with when it began and ended; whether that is outside the request's line, to the last digit shown. */
function innerSpans(tree: string): Inner[] {
  const rows = [...tree.matchAll(/^.*\((\S+ \S+), .*\)  \+(\S+ \S+).*$/gm)].map(
    ([line, duration = '', offset = '']) => {
      const start = nanoseconds(offset)
      return {
        line,
        start: start.value,
        end: start.value + nanoseconds(duration).value,
        ulp: nanoseconds(duration).ulp + start.ulp,
      }
    },
  )
  const [root, ...inner] = rows
  return inner.map(({ line, start, end, ulp }) => ({
    line,
    sticksOut: root === undefined || start < root.start - ulp || end > root.end + ulp + root.ulp,
  }))
}

function nanoseconds(text: string): { value: number; ulp: number } {
  const [number = '', unit = ''] = text.split(' ')
  const factor = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 }[unit] ?? Number.NaN
  return { value: Number(number) * factor, ulp: factor / 1000 }
}

/** Processes that the run with this database started and that are still there. */
function left(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(join(folder, `${name}.db`))
      } catch {
        return false
      }
    })
    .map(Number)
}
