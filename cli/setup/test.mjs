// The project's checks, in the order in which a mistake is cheapest to see. `all` is what `npm test` runs; a file
// or folder name after it limits which tests run.
import { runUnder } from './process.mjs'

const checks = [
  ['node_modules/typescript/bin/tsc', '-b'],
  ['node_modules/oxlint/bin/oxlint', '--type-aware'],
  ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
]
const vitest = 'node_modules/vitest/vitest.mjs'
const projects = (...names) => names.flatMap((name) => ['--project', name])

/** By `npm test` on the machine's own bpftrace alone. */
const onEachVersion = [
  'versions',
  'truth',
  'flood',
  'process-end',
  'container',
  'capabilities',
  'string-lengths',
  'arguments',
  'definitions/refused-expressions',
  'supervision',
].map((name) => `bridge/test/${name}.e2e.test.ts`)

const sets = {
  all: [...checks, [vitest, 'run', ...projects('unit', 'integration', 'e2e')]],
  unit: [[vitest, 'run', ...projects('unit')]],
  // Every version of bpftrace that must be supported, each from its Debian suite's root; none may be missing.
  versions: [['bridge/test/roots/setup.mjs'], [vitest, 'run', ...projects('e2e'), ...onEachVersion]],
  // Every pack on the real program of Debian; none may be missing.
  packs: [[vitest, 'run', ...projects('e2e'), 'bridge/test/packs']],
  compose: [[vitest, 'run', ...projects('compose')]],
  format: [['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level', 'warn', '.']],
}

const [name, ...filters] = process.argv.slice(2)
if (name === 'versions') process.env.PROBESPAN_VERSIONS = 'all'
if (name === 'packs') process.env.PROBESPAN_PACKS = 'all'
for (const command of sets[name]) {
  const isVitest = command[0] === vitest
  const code = await runUnder(process.execPath, isVitest ? [...command, ...filters] : command)
  if (code !== 0) {
    process.stderr.write(`probespan: ${command[0].split('/').at(-1)} failed (exit code ${code})\n`)
    process.exit(code)
  }
}
