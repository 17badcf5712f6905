// Compiles addon/probes.c to build/probes.node with plain `cc`, only if the source, the command, the Node-API headers
// or the machine's architecture changed since (build/probes.stamp.json). Bound: one minute, 1 MiB of compiler output.
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { addonPath } from './addon.ts'
import { OperationalError } from './operational-error.ts'

const compileTimeoutMs = 60_000
const complaintCharsMax = 4_000
const aptCommand = 'apt-get install gcc libc6-dev systemtap-sdt-dev'
const sourcePath = fileURLToPath(new URL('../addon/probes.c', import.meta.url))
const stampName = 'probes.stamp.json'
const flags = '-shared -fPIC -std=gnu11 -O2 -Wall -Wextra -Werror -fvisibility=hidden -DNAPI_VERSION=8'.split(
  ' ',
)

const headersModule = z.object({ include_dir: z.string() })
const headersPackage = z.object({ version: z.string() })
const compilerFailure = z.object({
  code: z.union([z.string(), z.number()]).nullish(),
  stderr: z.string().default(''),
})

export interface BuildResult {
  path: string
  /** False when what was there is still current. */
  built: boolean
}

export interface BuildOptions {
  /** Where the addon and its stamp go. */
  folder?: string
  /** Where `cc` is looked for. */
  env?: NodeJS.ProcessEnv
}

/** Builds if needed. Throws an OperationalError that says which packages to install if the compiler lacks something. */
export async function buildAddon(options: BuildOptions = {}): Promise<BuildResult> {
  const { folder = dirname(addonPath), env = process.env } = options
  const path = join(folder, basename(addonPath))
  const stampPath = join(folder, stampName)
  const require = createRequire(import.meta.url)
  const { include_dir: includeDir } = headersModule.parse(require('node-api-headers'))
  const { version: headersVersion } = headersPackage.parse(require('node-api-headers/package.json'))
  const args = [...flags, '-isystem', includeDir]
  const sourceSha256 = createHash('sha256')
    .update(await readFile(sourcePath))
    .digest('hex')
  const stamp = JSON.stringify({ sourceSha256, command: ['cc', ...args], headersVersion, arch: process.arch })
  if (existsSync(path) && (await readStamp(stampPath)) === stamp) return { path, built: false }

  await mkdir(folder, { recursive: true })
  const unfinished = `${path}.${randomUUID()}`
  try {
    await compile([...args, '-o', unfinished, sourcePath], env)
    // Renamed, not written in place: a running shop keeps its own file, and two builds at once cannot mix.
    await rename(unfinished, path)
  } finally {
    await rm(unfinished, { force: true })
  }
  await writeFile(stampPath, stamp)
  return { path, built: true }
}

async function readStamp(stampPath: string): Promise<string | undefined> {
  return existsSync(stampPath) ? readFile(stampPath, 'utf8') : undefined
}

async function compile(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await promisify(execFile)('cc', args, { env: { ...env, LC_ALL: 'C' }, timeout: compileTimeoutMs })
  } catch (error) {
    const { code, stderr } = compilerFailure.parse(error)
    throw new OperationalError(explain(code, stderr), { cause: error })
  }
}

/** From the compiler's exit code (or the system's error code) and its complaints to one message with what to do. */
export function explain(code: string | number | null | undefined, stderr: string): string {
  if (code === 'ENOENT') return `No C compiler: \`cc\` was not found. Run as root: ${aptCommand}`
  // As gcc and as clang say it.
  const header = /fatal error: '?([^\s':]+)'?(?:: No such file| file not found)/.exec(stderr)?.[1]
  if (header !== undefined) return `The C header ${header} is missing. Run as root: ${aptCommand}`
  const complaint = stderr.trim().slice(0, complaintCharsMax) || `cc ended with ${code ?? 'a signal'}`
  return `The probes could not be compiled:\n${complaint}`
}
