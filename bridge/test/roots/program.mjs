// A Debian root that has bpftrace, to one program that runs outside of it, on the host's processes and files: the
// suite's own bpftrace, in which only the places of the loader and of the libraries point into the root. So there is
// nothing to enter and nothing to mount; signals, paths and capabilities are those of any program.
import { copyFileSync, existsSync, mkdirSync, realpathSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'

const inside = '/usr/bin/bpftrace'
const patchelf = '/usr/bin/patchelf'
const patched = '/usr/bin/bpftrace-outside'

/** `run` answers a program's stdout, `versionOf` a bpftrace's version. Answers { version, program }. */
export async function makeProgram({ root, bin, run, versionOf }) {
  const enter = (...command) => run('chroot', [root, ...command])
  // Followed inside of the root: the link is absolute in bookworm.
  const named = (await enter(patchelf, '--print-interpreter', inside)).trim()
  const loader = (await enter('/usr/bin/readlink', '-f', named)).trim()
  const libraries = librariesOf(await enter(loader, '--list', inside))
  // A library that has places of its own (LLVM) does not look at the program's: so the program names what they need.
  const known = new Set((await enter(patchelf, '--print-needed', inside)).split('\n'))
  // Where a library needs the loader, it does so by its path.
  const others = [...libraries.keys()].filter((name) => !known.has(name) && !name.includes('/'))
  const places = [...new Set([...libraries.values()].map((path) => join(root, dirname(path))))].join(':')
  const rootLoader = join(root, loader)
  const changes = ['--set-interpreter', rootLoader, '--force-rpath', '--set-rpath', places]
  // Apart, and in this order: patchelf 0.14 (bookworm) spoils the program otherwise.
  await enter(patchelf, ...changes, '--output', patched, inside)
  if (others.length > 0) await enter(patchelf, ...others.flatMap((name) => ['--add-needed', name]), patched)
  assertInside(root, await run(rootLoader, ['--list', join(root, patched)]))
  const version = await versionOf(join(root, patched))
  if (version === undefined) throw new Error(`${join(root, patched)} --version printed no version`)
  mkdirSync(bin, { recursive: true })
  const program = join(bin, `bpftrace-${version}`)
  copyFileSync(join(root, patched), `${program}.new`)
  renameSync(`${program}.new`, program)
  return { version, program }
}

/** What the loader lists, `NAME => PATH (ADDRESS)`, by name. */
function librariesOf(listed) {
  return new Map([...listed.matchAll(/^\s*(\S+) => (\/\S+) \(0x/gm)].map(([, name, path]) => [name, path]))
}

/** A library of the host's among those of the suite would make a version that nobody has. */
function assertInside(root, listed) {
  const folder = `${realpathSync(root)}/`
  const outside = [...librariesOf(listed)].filter(
    ([, path]) => !existsSync(path) || !realpathSync(path).startsWith(folder),
  )
  if (outside.length === 0) return
  throw new Error(
    `bpftrace of ${root} would load libraries of the host: ${outside.map(([, path]) => path).join(', ')}`,
  )
}
