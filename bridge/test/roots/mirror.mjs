// Which of this machine's apt archives is a Debian mirror that has a suite. PROBESPAN_DEBIAN_MIRROR names one where the
// machine's own sources have none (Ubuntu). Asked with wget, as debootstrap does, so the same proxy settings hold.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { readArchives } from './apt-sources.mjs'

const answerTimeoutS = 30
const releaseBytesMax = 4 * 1024 * 1024
const mirrorList = 'mirror+file:'

/** Answers the mirror's URL; fails with what was asked. */
export async function mirrorOf(suite) {
  const candidates = candidatesOf(process.env.PROBESPAN_DEBIAN_MIRROR, readArchives())
  for (const uri of candidates) {
    if (await isDebian(uri, suite)) return uri
  }
  const asked = candidates.length > 0 ? `none of ${candidates.join(', ')}` : 'no apt source of this machine'
  throw new Error(
    `${asked} is a Debian mirror with the suite ${suite}: name one with PROBESPAN_DEBIAN_MIRROR=URL`,
  )
}

function candidatesOf(named, archives) {
  if (named) return [named]
  const uris = archives.filter(({ components }) => components.includes('main')).flatMap(urisOf)
  return [...new Set(uris.map((uri) => uri.replace(/\/+$/, '')))]
}

/** An archive may stand for a file that lists mirrors. */
function urisOf({ uri }) {
  if (!uri.startsWith(mirrorList)) return /^https?:/.test(uri) ? [uri] : []
  const listed = readFileSync(uri.slice(mirrorList.length).replace(/^\/+/, '/'), 'utf8')
  return listed.split('\n').flatMap((line) => /^https?:\S+/.exec(line.trim())?.[0] ?? [])
}

async function isDebian(uri, suite) {
  const args = [
    '-q',
    '-O',
    '-',
    '--tries=2',
    `--timeout=${answerTimeoutS}`,
    `${uri}/dists/${suite}/InRelease`,
  ]
  const answer = await promisify(execFile)('wget', args, { maxBuffer: releaseBytesMax }).catch(
    () => undefined,
  )
  return answer !== undefined && /^Origin: Debian$/m.test(answer.stdout)
}
