// What a user calls a pack to its file: a name is one of the project's, in scripts-bt; anything with a slash or a dot is
// a path. And the words for a file that cannot be read, which name the packs that there are.
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const packsFolder = fileURLToPath(new URL('../../../scripts-bt', import.meta.url))
const ending = '.yaml'

export const isPath = (pack: string): boolean => /[/.]/.test(pack)

export function packPath(pack: string): string {
  return isPath(pack) ? pack : join(packsFolder, `${pack}${ending}`)
}

/** `code` is the system's. */
export function unreadablePack(path: string, code: string | undefined): string {
  const name = basename(path, ending)
  const own = `./${name}${ending}`
  if (dirname(path) !== packsFolder || code !== 'ENOENT') {
    return `cannot read the definition file ${path} (${code}): name an existing file with --pack`
  }
  const remedy = existsSync(own)
    ? `for the file in this folder: --pack ${own}`
    : 'a file is named by its path, ./x.yaml'
  return `there is no pack "${name}" (${path}); those that there are: ${packNames().join(', ')}; ${remedy}`
}

function packNames(): string[] {
  const files = readdirSync(packsFolder).filter((file) => file.endsWith(ending))
  return files.map((file) => basename(file, ending)).sort()
}

/** The schema that editors complete definitions by, as a file in `folder` names it. */
export function schemaFrom(folder: string): string {
  const path = relative(folder, join(packsFolder, 'definition.schema.json'))
  return path.startsWith('../../../') ? join(packsFolder, 'definition.schema.json') : path
}
