// A definition file to a Definition; a mistake to an error that names file, line, column and key.
import { readFile } from 'node:fs/promises'
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml'
import { BridgeError } from '../errors.ts'
import type { Definition } from './definition.ts'
import { readDefinition } from './meaning.ts'
import type { DefinitionIssue } from './schema.ts'

/** Throws BridgeError `definition_invalid` with every mistake on a line of its own. */
export async function loadDefinition(path: string): Promise<Definition> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BridgeError(
      'definition_invalid',
      `cannot read the definition file ${path} (${error.code}): name an existing file with --pack`,
    )
  })
  return parseDefinition(text, path)
}

/** `path` is only for messages. */
export function parseDefinition(text: string, path: string): Definition {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const syntax = document.errors.map((error) => `${path}:${place(lines, error.pos[0])}: ${error.message}`)
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return
      syntax.push(
        `${path}:${place(lines, alias.range?.[0] ?? 0)}: *${alias.source}: there is no &${alias.source} before it`,
      )
    },
  })
  if (syntax.length > 0) throw new BridgeError('definition_invalid', syntax.join('\n'))
  const result = readDefinition(document.toJS())
  if (!Array.isArray(result)) return result
  throw new BridgeError(
    'definition_invalid',
    result.map((issue) => describe(issue, document, lines, path)).join('\n'),
  )
}

function describe(issue: DefinitionIssue, document: Document, lines: LineCounter, path: string): string {
  return `${path}:${place(lines, offsetOf(document, issue))}: ${keyText(issue.path)}: ${issue.message}`
}

function keyText(path: readonly (string | number)[]): string {
  const keys = path.map((key) => (/[\p{Cc}]/u.test(String(key)) ? JSON.stringify(key) : key))
  return keys.join('.') || 'file'
}

/** Where the value, or its key, stands; of a key that is missing, where the nearest enclosing value does. */
function offsetOf(document: Document, { path, atKey }: DefinitionIssue): number {
  const above = atKey === true ? document.getIn(path.slice(0, -1), true) : undefined
  const keys = isMap(above) ? above.items.map((pair) => pair.key) : []
  const key = keys.find((each) => isScalar(each) && each.value === path.at(-1))
  if (isNode(key) && key.range) return key.range[0]
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

function place(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset)
  return `${line}:${col}`
}
