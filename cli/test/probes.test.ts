// `probespan probes` as a user runs it: what it prints, what it says when it cannot, and how it ends.
import { execa } from 'execa'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cliMain, project, Stack } from './stack.ts'

const addon = join(project, 'usdt-demo/build/probes.node')
const built = existsSync(addon) || process.env.CI === 'true'
if (!built) process.stderr.write('SKIPPED: the demo is not built (npm start builds it)\n')

const folder = mkdtempSync(join(tmpdir(), 'probespan-probes-'))
const stack = new Stack()
let shopPid = 0
beforeAll(async () => {
  if (built) shopPid = (await stack.startShop()).child.pid
})
afterAll(async () => {
  await stack.stop()
  rmSync(folder, { recursive: true, force: true })
})

const probes = (args: string[], env: Record<string, string> = {}) =>
  execa(process.execPath, [cliMain, 'probes', ...args], { reject: false, env })

test.skipIf(!built)('the running shop: its probes in pairs, with argument types', async () => {
  const { stdout, stderr, exitCode } = await probes(['--pid', String(shopPid)])
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toContain(`${addon}  (6 probes, 3 likely pairs)`)
  expect(stdout).toMatch(
    /^┌ {2}fosdem:query_start +3 +u64\/ptr, u64\/ptr, u64\/ptr +no +1\n└ {2}fosdem:query_end +4 +u64\/ptr, u64\/ptr, u64\/ptr, i64 +no +1$/m,
  )
})

test.skipIf(!built)('the same from its file, as JSON', async () => {
  const { stdout } = await probes(['--exe', join(dirname(addon), '*.node'), '--json'])
  const { files } = JSON.parse(stdout) as { files: { file: string; probes: object[]; pairs: object[] }[] }
  expect(files).toMatchObject([{ file: addon }])
  expect(files[0]?.probes).toHaveLength(6)
  expect(files[0]?.pairs).toContainEqual({
    provider: 'fosdem',
    stem: 'query',
    start: 'query_start',
    end: 'query_end',
  })
})

test.skipIf(!built)(
  '--init writes a definition for the running shop that its check finds right; never over a file',
  async () => {
    const file = join(folder, 'own.yaml')
    const args = ['--pid', String(shopPid), '--init', 'own', '--out', file]
    const first = await probes(args)
    expect([first.exitCode, first.stdout]).toEqual([0, ''])
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(/^name: own\nprovider: fosdem$/m)
    expect(text).toContain(`Run it: probespan bridge --pack ${file} --pid ${shopPid}\n`)
    // The same but for the places of the file and of its schema.
    const printed = (await probes(args.slice(0, 4))).stdout
    const withoutSchema = (yaml: string): string => yaml.replace(/^# yaml-language-server: .*\n/, '')
    expect(withoutSchema(printed)).toBe(withoutSchema(text).replaceAll(file, 'own.yaml').trimEnd())
    expect(printed).not.toBe(withoutSchema(printed))

    const again = await probes(args)
    expect([again.exitCode, again.stderr]).toEqual([
      2,
      expect.stringContaining('it exists, and is not overwritten'),
    ])
    expect(readFileSync(file, 'utf8')).toBe(text)

    const check = await execa(
      process.execPath,
      [cliMain, 'check', '--pid', String(shopPid), '--pack', file, '--json'],
      { reject: false },
    )
    const { findings } = JSON.parse(check.stdout) as { findings: { subject: string; verdict: string }[] }
    const ofProbes = findings.filter(({ subject }) => ['target', 'pack', 'probe'].includes(subject))
    expect(ofProbes.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 8 }, () => 'ok'))
  },
)

test.skipIf(!built)(
  'a container of that name is asked for by docker or podman, and then found by its id alone',
  async () => {
    const id = '5a'.repeat(32)
    const engine = (name: string, script: string): string => {
      const path = join(folder, name)
      mkdirSync(path, { recursive: true })
      for (const program of ['docker', 'podman']) {
        writeFileSync(join(path, program), `#!/bin/sh\n${script}\n`)
        chmodSync(join(path, program), 0o755)
      }
      return path
    }
    const ask = async (path: string) => {
      const { stderr, exitCode } = await probes(['--container', 'shop'], { PATH: `${path}:/usr/bin:/bin` })
      return `${exitCode} ${stderr}`
    }
    expect(await ask(engine('none', 'echo "Error: No such container: shop" >&2; exit 1'))).toMatch(
      /^14 .*there is no container "shop"/,
    )
    expect(await ask(engine('down', 'echo "Cannot connect" >&2; exit 1'))).toMatch(
      /^2 .*no engine could be asked.*docker: Cannot connect; podman: Cannot connect/,
    )
    expect(await ask(engine('ended', `echo ${id} false`))).toMatch(/^14 .*does not run: start it/)
    expect(await ask(engine('elsewhere', `echo ${id} true`))).toMatch(
      /^14 .*none of its processes can be seen from here \(id 5a5a/,
    )
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    const { stderr } = await probes(['--container', 'shop'], { PATH: empty })
    expect(stderr).toMatch(/neither docker nor podman is installed/)
  },
)

test.each([
  [[], 2, /whose probes\? Give --pid PID, --exe PATH or --container NAME/],
  [['--pid', 'x'], 2, /--pid is "x"/],
  [['--pid', '1', '--exe', '/x'], 2, /exclude each other/],
  [['--pid', '4194304'], 14, /target_gone: there is no process with pid 4194304/],
  [['--exe', '/nowhere/*'], 2, /there is no file \/nowhere\/\*/],
  [['--exe', '/etc/passwd'], 2, /no ELF file \(it begins with "root:/],
  [['--exe', join(project, 'cli/bin/probespan.mjs')], 2, /a script: give the program that runs it/],
  [['--exe', '/bin/ls'], 13, /has no USDT probes.*Debian programs that have some: postgresql/],
  [['--exe', '/bin/ls', '--init', 'A'], 2, /--init is "A": give a name/],
  [['--exe', '/bin/ls', '--out', 'x'], 2, /--out is where --init writes to/],
  [['--exe', '/bin/ls', '--init', '--json'], 2, /--json and --init exclude each other/],
])('%j ends with %d, saying why', async (args, code, message) => {
  const { exitCode, stderr, stdout } = await probes(args)
  expect([exitCode, stdout]).toEqual([code, ''])
  expect(stderr).toMatch(message)
})

test.skipIf(process.getuid?.() !== 0 || !built)(
  'without the right to look into a process it says so',
  async () => {
    const { exitCode, stderr } = await execa(
      'setpriv',
      ['--reuid=65534', '--clear-groups', process.execPath, cliMain, 'probes', '--pid', String(shopPid)],
      { reject: false },
    )
    expect(stderr).toMatch(/not_permitted: cannot look into process \d+ \(.*EACCES\): run as root/)
    expect(exitCode).toBe(11)
  },
)
