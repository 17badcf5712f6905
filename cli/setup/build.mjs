// What is compiled before the project runs: the demo's addon (C) and the page (Vite). Each only when its sources
// changed. Neither failing is fatal: it is told, and the demo runs without.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentOf, projectFolder, run } from './process.mjs'
import { say } from './say.mjs'

/** Knows itself when it is up to date. */
export async function ensureAddon(node) {
  await run(node, ['usdt-demo/src/build-addon-main.ts'], { env: environmentOf(node) }).catch((error) =>
    say(`the demo's probes could not be compiled, so they cannot be traced live.\n${error.message}`),
  )
}

export async function ensurePage(node) {
  const explorer = join(projectFolder, 'explorer')
  const sources = ['src', 'public', 'index.html', 'package.json', 'vite.config.ts'].map((name) =>
    join(explorer, name),
  )
  const stamp = hashOf([...sources, join(projectFolder, 'package-lock.json')])
  const built = join(explorer, 'dist')
  const stampFile = join(built, '.built-from')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  say('building the page')
  const vite = join(projectFolder, 'node_modules', 'vite', 'bin', 'vite.js')
  try {
    // Aside and then renamed: an ingest that is running serves one whole page or the other.
    const next = join(explorer, 'dist-next')
    const args = [vite, 'build', '--logLevel', 'warn', '--outDir', next, '--emptyOutDir']
    await run(node, args, { cwd: explorer, env: environmentOf(node) })
    rmSync(built, { recursive: true, force: true })
    renameSync(next, built)
    writeFileSync(stampFile, stamp)
  } catch (error) {
    say(`the page could not be built, so ingest answers without it.\n${error.message}`)
  }
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths.flatMap(filesBelow)) hash.update(path).update(readFileSync(path))
  return `${hash.digest('hex')}\n`
}

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)))
}
