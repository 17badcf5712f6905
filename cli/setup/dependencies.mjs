// The packages of package-lock.json, installed when the lock file (or the Node they are for) changed since the last
// time. Under the project's Node: npm chooses versions and binaries by the Node it runs on.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmProgram } from './node.mjs'
import { environmentOf, projectFolder, run } from './process.mjs'
import { say } from './say.mjs'

const stampFile = join(projectFolder, 'node_modules', '.probespan-installed')

export async function ensureDependencies(node) {
  const version = (await run(node, ['--version'])).trim()
  const lock = readFileSync(join(projectFolder, 'package-lock.json'))
  const stamp = `${version.split('.')[0]} ${createHash('sha256').update(lock).digest('hex')}\n`
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  say(`installing the packages of package-lock.json under Node ${version}`)
  await run(node, [npmProgram(), 'ci', '--no-audit', '--no-fund'], { env: environmentOf(node) })
  writeFileSync(stampFile, stamp)
}
