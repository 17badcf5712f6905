// Where the real recordings lie: outside of the repository, beside it. A test that needs one skips, saying so, where
// the folder is absent.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../shared/fixtures/', import.meta.url))

/** For `test.skipIf`: says on the console what is not tested. */
export function absent(name: string): boolean {
  if (existsSync(folder + name)) return false
  console.warn(`SKIPPED: there is no recording ${folder}${name}`)
  return true
}

export function fixtureBytes(name: string): Buffer {
  return readFileSync(folder + name)
}

/** The lines of a recording as the bridge reads them: one character a byte. */
export function fixtureLines(name: string): string[] {
  return fixtureBytes(name).toString('latin1').split('\n')
}
