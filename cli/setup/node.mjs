// The Node that the project runs on: the machine's where it is 22.18 or newer (TypeScript runs from source from
// there on), else the one that setup/node/package-lock.json pins, from npm, put into setup/node.
import { existsSync, realpathSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './process.mjs'
import { say } from './say.mjs'

const folder = fileURLToPath(new URL('./node/', import.meta.url))

/** Answers the path of the node program. */
export async function ensureNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  const node = join(folder, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
  if (existsSync(node)) return node
  say(`this machine's Node is ${process.versions.node}; putting Node 24 from npm into cli/setup/node`)
  await run(process.execPath, [npmProgram(), 'ci', '--no-audit', '--no-fund'], { cwd: folder })
  if (existsSync(node)) return node
  throw new Error(
    `npm has no Node for ${process.platform} ${process.arch}: install Node 22.18 or newer, and start again`,
  )
}

/** npm's own script, to be run by whichever Node is chosen. */
export function npmProgram() {
  const started = process.env.npm_execpath
  if (started?.endsWith('npm-cli.js') && existsSync(started)) return started
  const beside = join(dirname(realpathSync(process.execPath)), '../lib/node_modules/npm/bin/npm-cli.js')
  if (existsSync(beside)) return beside
  try {
    return realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())
  } catch {
    throw new Error('npm was not found: install it beside Node, and start again')
  }
}
