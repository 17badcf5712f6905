// What would break: a target found by the wrong files, or not at all: one whose program was replaced while it runs,
// one in a container, one of someone else.
import { spawn, type ChildProcess } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { containerPids } from '../src/target/container.ts'
import { processFiles } from '../src/target/process-files.ts'
import { selectTargets } from '../src/target/select.ts'

const folder = mkdtempSync(join(tmpdir(), 'probespan-target-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const select = fileURLToPath(new URL('../src/target/select.ts', import.meta.url))
const isRoot = process.getuid?.() === 0
if (!isRoot) console.warn('SKIPPED: targets of other users and in containers need root')

/** A process that waits; ended with the test. */
function start(program: string, args: string[]): number {
  const child: ChildProcess = spawn(program, args, { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child.pid ?? 0
}

/** Waits until the process has become that program. */
async function runs(pid: number, program: RegExp): Promise<void> {
  await expect
    .poll(() => readlinkSync(`/proc/${pid}/exe`), { timeout: 10_000, interval: 10 })
    .toMatch(program)
}

test('a process is found with its program first and its libraries, each readable from here', async () => {
  const [target] = await selectTargets({ kind: 'pid', pid: process.pid })
  expect(target?.pid).toBe(process.pid)
  expect(target?.files[0]?.path).toBe(process.execPath)
  expect(target?.files.map(({ path }) => path).join('\n')).toMatch(/libc\.so/)
  for (const { readPath } of target?.files ?? [])
    expect(readFileSync(readPath).subarray(1, 4).toString()).toBe('ELF')
})

test('a program that was replaced while it runs is still the one that runs', async () => {
  const program = join(folder, 'sleeper')
  copyFileSync('/bin/sleep', program)
  const pid = start(program, ['60'])
  await runs(pid, /sleeper$/)
  rmSync(program)
  writeFileSync(program, 'another')
  const [first] = await processFiles(pid)
  expect(first).toEqual({ path: program, readPath: `/proc/${pid}/exe` })
  expect(readFileSync(first!.readPath).equals(readFileSync('/bin/sleep'))).toBe(true)
})

test('a process that has ended, or never was, is gone', async () => {
  await expect(processFiles(4_194_304)).rejects.toMatchObject({ code: 'target_gone' })
})

test.skipIf(!isRoot)('a process without a program is told as one', async () => {
  // The first thread of the kernel; in a pid namespace of its own there is none.
  if (!existsSync('/proc/2/comm') || readFileSync('/proc/2/comm', 'utf8') !== 'kthreadd\n')
    return console.warn('SKIPPED: no kernel threads are seen here')
  await expect(processFiles(2)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('no executable file'),
  })
})

test('a glob stands for regular files, a file that several links lead to once', async () => {
  const bin = join(folder, 'bin')
  mkdirSync(join(bin, 'tool-folder'), { recursive: true })
  for (const name of ['tool-2', 'tool-1', 'tool-[x]']) writeFileSync(join(bin, name), name)
  symlinkSync('tool-1', join(bin, 'tool-link'))
  linkSync(join(bin, 'tool-2'), join(bin, 'other'))
  const files = async (pattern: string) =>
    (await selectTargets({ kind: 'executable', pattern })).flatMap((target) =>
      target.files.map(({ path }) => path),
    )
  expect(await files(join(bin, 'tool-*'))).toEqual(
    ['tool-1', 'tool-2', 'tool-[x]'].map((name) => join(bin, name)),
  )
  expect(await files(join(bin, 'tool-[x]'))).toEqual([join(bin, 'tool-[x]')])
  for (const pattern of [join(bin, 'none*'), bin, join(bin, 'none')]) {
    await expect(files(pattern)).rejects.toMatchObject({ code: 'config_invalid' })
  }
})

test.skipIf(!isRoot)('a file of another container is found below its process', async () => {
  const [own, theirs] = [join(folder, 'own'), join(folder, 'theirs')]
  mkdirSync(own)
  mkdirSync(theirs)
  writeFileSync(join(theirs, 'shop'), 'program')
  const pid = start('unshare', ['-m', 'sh', '-c', `mount --bind ${theirs} ${own} && exec sleep 60`])
  await runs(pid, /sleep$|coreutils$|busybox$/)
  const [target] = await selectTargets({ kind: 'executable', pattern: `/proc/${pid}/root${own}/s*` })
  expect(target?.files.map(({ readPath }) => readFileSync(readPath, 'utf8'))).toEqual(['program'])
})

test.skipIf(!isRoot)(
  'a file that only the container beside has is told by where it is from here',
  async () => {
    const [own, theirs] = [join(folder, 'bare'), join(folder, 'full')]
    mkdirSync(own)
    mkdirSync(theirs)
    writeFileSync(join(theirs, 'shop'), 'program')
    const args = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c']
    const outer = start('unshare', [...args, `mount --bind ${theirs} ${own} && exec sleep 60`])
    const main = (): string => readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim()
    await expect
      .poll(() => main() !== '' && readFileSync(`/proc/${main()}/comm`, 'utf8'), { timeout: 10_000 })
      .toBe('sleep\n')
    // In its pid namespace, but with files of one's own.
    const enter = [`--target=${main()}`, '--pid', 'unshare', '--mount-proc', process.execPath]
    const call = `import { selectTargets } from ${JSON.stringify(select)}
await selectTargets({ kind: 'executable', pattern: '${own}/s*' }).catch((error) => console.log(error.message))`
    const { stdout } = await execa('nsenter', [...enter, '--input-type=module', '-e', call])
    expect(stdout).toBe(
      `there is no file ${own}/s* here, but in the container beside: give --exe (TARGET_EXE) '/proc/1/root${own}/s*'`,
    )
  },
)

test('a glob over more files than anyone means is refused', async () => {
  const many = join(folder, 'many')
  mkdirSync(many)
  for (let at = 0; at < 201; at += 1) writeFileSync(join(many, `f${at}`), '')
  await expect(selectTargets({ kind: 'executable', pattern: join(many, '*') })).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('more than 200 files'),
  })
})

/** As an engine mounts its own /etc/hosts into a container, in a mount namespace: the same two marks in /proc. */
async function container(id: string): Promise<number> {
  const files = join(folder, 'containers', id)
  mkdirSync(files, { recursive: true })
  copyFileSync('/etc/hosts', join(files, 'hosts'))
  const pid = start('unshare', [
    '-m',
    'sh',
    '-c',
    `mount --bind ${join(files, 'hosts')} /etc/hosts && exec sleep 60`,
  ])
  await runs(pid, /sleep$|coreutils$|busybox$/)
  return pid
}

test.skipIf(!isRoot)('a container is found by the beginning of its id, without an engine', async () => {
  const [id, other] = ['0f'.repeat(32), 'e1'.repeat(32)]
  const [pid, otherPid] = [await container(id), await container(other)]
  expect(await containerPids(id.slice(0, 12))).toEqual([pid])
  expect(await containerPids(other)).toEqual([otherPid])
  expect(await containerPids('c3'.repeat(32))).toEqual([])
  const targets = await selectTargets({ kind: 'container', name: id.slice(0, 12) })
  expect(targets.map((target) => target.pid)).toEqual([pid])
  expect(targets[0]?.files[0]?.readPath).toMatch(new RegExp(`^/proc/${pid}/root/`))
})
