// `npm start`, `npm test` and the others: sets up what the task needs, then runs it under the project's Node.
// Plain JavaScript without dependencies, because it runs before there are any, on whatever Node >= 18 there is.
import { join } from 'node:path'
import { say } from './say.mjs'
import { ensureNode } from './node.mjs'
import { ensureDependencies } from './dependencies.mjs'
import { ensurePrometheus, ensureSystemParts, ensureTracefs } from './system.mjs'
import { ensureAddon, ensurePage } from './build.mjs'
import { projectFolder, runUnder } from './process.mjs'

const tracing = ['bpftrace', 'cc', 'sdt']
const test = 'cli/setup/test.mjs'

/** What each task needs, and the script that does it (relative to the project's folder). */
const tasks = {
  start: {
    parts: tracing,
    tracefs: true,
    addon: true,
    page: true,
    script: 'cli/src/main.ts',
    args: ['demo'],
  },
  test: {
    parts: [...tracing, 'chromium'],
    prometheus: true,
    tracefs: true,
    addon: true,
    page: true,
    script: test,
    args: ['all'],
  },
  'test:unit': { script: test, args: ['unit'] },
  'test:versions': { parts: tracing, tracefs: true, addon: true, script: test, args: ['versions'] },
  'test:packs': {
    parts: [...tracing, 'postgres', 'python', 'jdk', 'ruby', 'php'],
    tracefs: true,
    addon: true,
    script: test,
    args: ['packs'],
  },
  'test:compose': { script: test, args: ['compose'] },
  bench: { page: true, script: 'cli/src/main.ts', args: ['bench'] },
  probespan: { script: 'cli/src/main.ts', args: [], here: true },
  format: { script: test, args: ['format'] },
  setup: { parts: tracing, tracefs: true, addon: true, page: true },
}

/** Of commands that want V8 bounded from the start: as bridge/src/heap.ts and ingest/src/heap.ts have it. */
const nodeOptions = {
  bridge: ['--max-semi-space-size=16', '--no-parallel-scavenge'],
  ingest: ['--max-semi-space-size=8'],
}

export async function main([name, ...args]) {
  const task = tasks[name]
  if (!task) {
    say(`no task "${name}": one of ${Object.keys(tasks).join(', ')}`)
    return 2
  }
  if (process.platform !== 'linux') {
    say(`USDT probes and bpftrace are Linux's; this is ${process.platform}. Use a Linux machine, or Docker.`)
    return 2
  }
  const node = await ensureNode()
  await ensureDependencies(node)
  if (task.parts) await ensureSystemParts(task.parts)
  if (task.prometheus) await ensurePrometheus()
  if (task.tracefs) await ensureTracefs()
  if (task.addon) await ensureAddon(node)
  if (task.page || (name === 'probespan' && args[0] === 'ingest')) await ensurePage(node)
  if (!task.script) return 0
  const options = (name === 'probespan' && nodeOptions[args[0]]) || []
  const command = [...options, join(projectFolder, task.script), ...task.args, ...args]
  return runUnder(node, command, task.here ? process.cwd() : projectFolder)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
