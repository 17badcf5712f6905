// Makes the bpftrace versions that the tests need, each from its Debian suite's root (suites.json), below
// PROBESPAN_ROOTS (/var/cache/probespan/roots): SUITE/ is the root, bin/bpftrace-VERSION runs on the host's processes,
// SUITE.json is written last. What is there is reused; remove SUITE.json to make it anew. Needs root, network, wget.
// Plain JavaScript for Node >= 18. Exit code 1 where a version could not be made.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeProgram } from './program.mjs'
import { mirrorOf } from './mirror.mjs'

/** Counted up whenever a root that was made before would not do any more. */
const recipe = 1
const outputBytesMax = 64 * 1024 * 1024
const unneeded = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale']

const roots = process.env.PROBESPAN_ROOTS || '/var/cache/probespan/roots'
const suites = JSON.parse(readFileSync(fileURLToPath(new URL('suites.json', import.meta.url)), 'utf8'))
const say = (text) => process.stderr.write(`probespan: ${text}\n`)

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort())

/** Answers stdout; fails with the program's last words. */
async function run(program, args) {
  try {
    const options = { maxBuffer: outputBytesMax, signal: stop.signal, env: { ...process.env, LC_ALL: 'C' } }
    return (await promisify(execFile)(program, args, options)).stdout
  } catch (error) {
    const words = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim().slice(-2000) || error.message
    throw new Error(`${program} ${args[0]} … failed:\n${words}`, { cause: error })
  }
}

const versionOf = async (program) => /v(\d+\.\d+\.\d+)/.exec(await run(program, ['--version']))?.[1]

const order = (version) => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0)
const isWithin = (version, { from, below }) =>
  order(version) >= order(from) && (below === undefined || order(version) < order(below))

const expectedOf = ({ from, below }) =>
  below === undefined ? `at least ${from}` : `from ${from} to below ${below}`

/** The machine's own bpftrace counts where it is of a suite that does not change any more. */
async function ownVersion() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const program = folders.map((folder) => join(folder, 'bpftrace')).find((path) => existsSync(path))
  if (program === undefined) return undefined
  const version = await versionOf(program).catch(() => undefined)
  return version && { program, version }
}

async function ensureSuite(wanted, own) {
  const { suite, below } = wanted
  if (own && below !== undefined && isWithin(own.version, wanted)) {
    return say(`bpftrace ${own.version}: this machine's own ${own.program}`)
  }
  const stamp = join(roots, `${suite}.json`)
  const made = existsSync(stamp) ? JSON.parse(readFileSync(stamp, 'utf8')) : undefined
  if (made?.recipe === recipe && existsSync(made.program)) {
    return say(`bpftrace ${made.version}: ${made.program}, from Debian ${suite}`)
  }
  const startMs = Date.now()
  const root = await makeRoot(suite)
  const { version, program } = await makeProgram({ root, bin: join(roots, 'bin'), run, versionOf })
  if (!isWithin(version, wanted)) {
    throw new Error(
      `Debian ${suite} has bpftrace ${version} where the tests need ${expectedOf(wanted)}: correct suites.json, or take a mirror that is up to date`,
    )
  }
  writeFileSync(`${stamp}.new`, `${JSON.stringify({ recipe, suite, version, program })}\n`)
  renameSync(`${stamp}.new`, stamp)
  const [kilobytes] = (await run('du', ['-sk', root])).split('\t')
  say(
    `bpftrace ${version}: ${program}, from Debian ${suite} (${Math.round((Date.now() - startMs) / 1000)} s, ${Math.round(Number(kilobytes) / 1024)} MiB)`,
  )
}

/** Aside and then renamed: a root that was broken off is none. Answers its path. */
async function makeRoot(suite) {
  if (process.getuid?.() !== 0) {
    throw new Error(
      `the root of Debian ${suite} can only be made as root: sudo node bridge/test/roots/setup.mjs`,
    )
  }
  const mirror = await mirrorOf(suite)
  say(`making the root of Debian ${suite} below ${roots} from ${mirror}`)
  const root = join(roots, suite)
  const unfinished = `${root}.${process.pid}.unfinished`
  const make = ['debootstrap', '--variant=minbase', '--include=bpftrace,patchelf', suite, unfinished, mirror]
  try {
    // In namespaces of its own: what debootstrap mounts and starts ends with it, however it ends.
    await run('unshare', ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', ...make])
    for (const path of unneeded) remove(join(unfinished, path))
    remove(root)
    renameSync(unfinished, root)
  } finally {
    remove(unfinished)
  }
  return root
}

const remove = (path) => rmSync(path, { recursive: true, force: true })

/** Left by a set-up that was killed: its process is gone. */
function removeUnfinished() {
  for (const name of readdirSync(roots)) {
    const pid = /\.(\d+)\.unfinished$/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) remove(join(roots, name))
  }
}

async function ensureDebootstrap() {
  if (existsSync('/usr/sbin/debootstrap') || process.getuid?.() !== 0) return
  const packages = ['debootstrap', 'debian-archive-keyring', 'wget']
  say(`installing with apt: ${packages.join(', ')}`)
  await run('apt-get', ['update', '-qq'])
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages])
}

async function main() {
  mkdirSync(roots, { recursive: true })
  removeUnfinished()
  const own = await ownVersion()
  await ensureDebootstrap()
  const results = await Promise.allSettled(suites.map((wanted) => ensureSuite(wanted, own)))
  const failures = results.flatMap(({ reason }) => (reason === undefined ? [] : [reason]))
  for (const error of failures) say(error.message)
  return failures.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  say(error.message)
  process.exitCode = 1
}
