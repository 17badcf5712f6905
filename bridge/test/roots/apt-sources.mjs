// This machine's apt sources, in either format, to the archives that they name: { uri, suites, components }. Plain
// JavaScript for Node >= 18. Sources that are disabled or of source code only are left out.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** All archives of /etc/apt, in the order of the files' names. */
export function readArchives(folder = '/etc/apt') {
  const parts = join(folder, 'sources.list.d')
  const names = existsSync(parts) ? readdirSync(parts).sort() : []
  const files = [join(folder, 'sources.list'), ...names.map((name) => join(parts, name))]
  return files.flatMap((file) => {
    if (!existsSync(file)) return []
    if (file.endsWith('.list')) return archivesOfLines(readFileSync(file, 'utf8'))
    return file.endsWith('.sources') ? archivesOfStanzas(readFileSync(file, 'utf8')) : []
  })
}

/** `deb [options] URI SUITE COMPONENT…`, one archive a line. */
export function archivesOfLines(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+([^\s#]+)([^#]*)/.exec(line)
    if (!match) return []
    return [{ uri: match[1], suites: [match[2]], components: words(match[3]) }]
  })
}

/** deb822: stanzas of `Field: values`, parted by empty lines; a line that begins with a space continues the one before. */
export function archivesOfStanzas(text) {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  const stanzas = lines.join('\n').split(/\n\s*\n/)
  return stanzas.flatMap((stanza) => {
    const unfolded = stanza.replace(/\n[ \t]+/g, ' ')
    const fields = new Map()
    for (const [, name, value] of unfolded.matchAll(/^([\w-]+):[ \t]*(.*)$/gm)) {
      fields.set(name.toLowerCase(), words(value))
    }
    const isOn = !['no', 'false', '0', 'off'].includes((fields.get('enabled')?.[0] ?? 'yes').toLowerCase())
    if (!isOn || !fields.get('types')?.includes('deb')) return []
    const [suites, components] = [fields.get('suites') ?? [], fields.get('components') ?? []]
    return (fields.get('uris') ?? []).map((uri) => ({ uri, suites, components }))
  })
}

const words = (text) => text.trim().split(/\s+/).filter(Boolean)
