// The parts that npm does not have: bpftrace, a C compiler, sys/sdt.h, Chromium, Prometheus, tracefs. As root they are
// installed with apt, saying so; otherwise the command is printed, and what can run without them still does.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { projectFolder, run } from './process.mjs'
import { say } from './say.mjs'

const tracefs = '/sys/kernel/tracing'
const prometheusFolder = join(projectFolder, 'cli/setup/prometheus')
const prometheusProgram = join(prometheusFolder, 'usr/bin/prometheus')

const parts = {
  bpftrace: { packages: ['bpftrace'], present: () => onPath('bpftrace') },
  cc: { packages: ['gcc', 'libc6-dev'], present: () => onPath('cc') },
  sdt: { packages: ['systemtap-sdt-dev'], present: () => hasHeader('sys/sdt.h') },
  chromium: { packages: ['chromium'], present: () => onPath('chromium') },
  // The programs of Debian bookworm that the packs are tried on: bridge/test/packs/stock-programs.ts.
  postgres: { packages: ['postgresql-15'], present: () => existsSync('/usr/lib/postgresql/15/bin/postgres') },
  python: { packages: ['python3.11'], present: () => existsSync('/usr/bin/python3.11') },
  jdk: { packages: ['openjdk-17-jdk-headless'], present: () => hasJdk() },
  ruby: { packages: ['ruby3.1'], present: () => existsSync('/usr/bin/ruby3.1') },
  php: { packages: ['php8.2-cli'], present: () => existsSync('/usr/bin/php8.2') },
}

export async function ensureSystemParts(names) {
  const packages = names.filter((name) => !parts[name].present()).flatMap((name) => parts[name].packages)
  if (packages.length === 0) return
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    say(`missing on this machine: ${packages.join(', ')}. Install with: sudo ${command}`)
    return
  }
  say(`installing with apt: ${packages.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await run('apt-get', ['update', '-qq'], { env })
    await run('apt-get', command.split(' ').slice(1), { env })
  } catch (error) {
    say(`apt could not install them: ${error.message}\nInstall them yourself, and start again: ${command}`)
  }
}

/**
 * Debian's Prometheus, for tests: its program alone, taken out of the package, since installing that starts a service. Where
 * there is one on the PATH that one is used.
 */
export async function ensurePrometheus() {
  if (onPath('prometheus') || existsSync(prometheusProgram)) return
  if (!onPath('apt-get')) {
    say('Prometheus is missing on this machine: put it on the PATH')
    return
  }
  say(`getting Prometheus with apt, into ${prometheusFolder}`)
  try {
    mkdirSync(prometheusFolder, { recursive: true })
    if (process.getuid?.() === 0) {
      await run('apt-get', ['update', '-qq'])
      // Else apt downloads as its own user, who may not write here, and warns.
      await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', 'prometheus'], {
        cwd: prometheusFolder,
      })
    } else await run('apt-get', ['download', 'prometheus'], { cwd: prometheusFolder })
    const [file = ''] = readdirSync(prometheusFolder).filter((name) => name.endsWith('.deb'))
    await run('dpkg-deb', ['-x', file, '.'], { cwd: prometheusFolder })
    rmSync(join(prometheusFolder, file))
  } catch (error) {
    say(`apt could not get it: ${error.message}\nPut prometheus on the PATH yourself`)
  }
}

/** bpftrace needs tracefs; a container and a minimal machine may not have it mounted. */
export async function ensureTracefs() {
  if (existsSync(join(tracefs, 'README')) || isMounted(tracefs)) return
  const command = `mount -t tracefs tracefs ${tracefs}`
  if (process.getuid?.() !== 0) {
    say(`tracefs is not readable at ${tracefs} (as root it can be mounted with: ${command})`)
    return
  }
  say(`mounting tracefs at ${tracefs}`)
  await run('mount', ['-t', 'tracefs', 'tracefs', tracefs]).catch((error) => say(error.message))
}

/** Mounted, if perhaps readable by root alone. */
function isMounted(folder) {
  const mounts = existsSync('/proc/mounts') ? readFileSync('/proc/mounts', 'utf8') : ''
  return mounts.split('\n').some((line) => line.split(' ')[1] === folder)
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

function hasJdk() {
  const folder = '/usr/lib/jvm'
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.some((name) => name.startsWith('java-17-') && existsSync(join(folder, name, 'bin/javac')))
}

/** Debian keeps headers of this kind in a folder of the machine's architecture. */
function hasHeader(name) {
  if (!existsSync('/usr/include')) return false
  const folders = readdirSync('/usr/include', { withFileTypes: true })
    .filter((entry) => entry.name.endsWith('-linux-gnu'))
    .map((entry) => join('/usr/include', entry.name))
  return ['/usr/include', '/usr/local/include', ...folders].some((folder) => existsSync(join(folder, name)))
}
