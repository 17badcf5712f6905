// The programs of Debian that the packs are tried on: where they are, and that a test of one that is missing is
// skipped, saying so; with PROBESPAN_PACKS=all (npm run test:packs) it fails.
import { execFileSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { expect, test } from 'vitest'

const needsAll = process.env.PROBESPAN_PACKS === 'all'
const programs = {
  postgres: { pattern: '/usr/lib/postgresql/*/bin/postgres', packages: 'postgresql' },
  node: { pattern: process.execPath, packages: 'nodejs' },
  python: { pattern: '/usr/bin/python3.11', packages: 'python3' },
  javac: { pattern: '/usr/lib/jvm/java-17-openjdk-*/bin/javac', packages: 'openjdk-17-jdk-headless' },
  ruby: { pattern: '/usr/bin/ruby3.1', packages: 'ruby3.1' },
  php: { pattern: '/usr/bin/php8.2', packages: 'php8.2-cli' },
} as const

export type StockProgram = { path: string; missing: string | undefined }

/** Adds the test that it is there, where all must be. */
export function stockProgram(name: keyof typeof programs): StockProgram {
  const { pattern, packages } = programs[name]
  const path = globSync(pattern).toSorted().at(-1)
  const missing = path === undefined ? `no ${pattern}: apt-get install ${packages}` : cannotTrace()
  if (missing !== undefined) console.warn(`SKIPPED: packs and definitions on ${name}: ${missing}`)
  test.runIf(needsAll)(`${name} is there, and can be traced`, () => {
    expect(missing).toBeUndefined()
  })
  return { path: path ?? '', missing }
}

function cannotTrace(): string | undefined {
  if (process.getuid?.() !== 0) return 'attaching to probes needs root'
  try {
    execFileSync('bpftrace', ['-e', 'BEGIN { exit(); }'], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
