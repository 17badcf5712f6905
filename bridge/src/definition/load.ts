// A definition file to a Definition; a mistake to an error that names file, line, column and key.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type ErrorCode,
  type YAMLError,
} from 'yaml'
import { BridgeError } from '../errors.ts'
import type { TargetSelection } from '../target/target.ts'
import type { Definition, KeyPath } from './definition.ts'
import { readDefinition } from './meaning.ts'
import { unreadablePack } from './pack-file.ts'
import type { DefinitionIssue } from './schema.ts'

/** Throws BridgeError `definition_invalid` with every mistake on a line of its own. */
export async function loadDefinition(path: string): Promise<Definition> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BridgeError('definition_invalid', unreadablePack(path, error.code))
  })
  const definition = parseDefinition(text, path)
  if (definition.script === undefined) return definition
  const script = resolve(dirname(path), definition.script)
  if (existsSync(script)) return { ...definition, script }
  throw new BridgeError(
    'definition_invalid',
    `${definition.placeOf?.(['script']) ?? path}: there is no ${script}: expected a script's path, from the folder of this file`,
  )
}

/** `path` is only for messages. */
export function parseDefinition(text: string, path: string): Definition {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  // Behind the first of a place come only its consequences.
  const errors = [...new Map(document.errors.toReversed().map((error) => [error.pos[0], error])).values()]
  const syntax = errors.toReversed().map((error) => syntaxText(error, document, lines, path))
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return
      syntax.push(
        `${path}:${place(lines, alias.range?.[0] ?? 0)}: *${alias.source}: there is no &${alias.source} before it; expected a value, in quotes where it begins with *`,
      )
    },
  })
  if (syntax.length > 0) throw new BridgeError('definition_invalid', syntax.join('\n'))
  const result = readDefinition(document.toJS())
  if (!Array.isArray(result)) return withPlaces(result, document, lines, path)
  throw new BridgeError(
    'definition_invalid',
    result.map((issue) => describe(issue, document, lines, path)).join('\n'),
  )
}

function withPlaces(
  { target, ...definition }: Definition,
  document: Document,
  lines: LineCounter,
  path: string,
): Definition {
  const placeOf = (keys: KeyPath): string => {
    const standing = standingKeys(document, keys)
    return `${path}:${place(lines, offsetOf(document, standing))}: ${keyText(standing)}`
  }
  return {
    ...definition,
    ...(target && { target: { ...target, place: placeOf(['target', targetKeys[target.kind]]) } }),
    placeOf,
  }
}

const targetKeys: Readonly<Record<TargetSelection['kind'], string>> = {
  executable: 'exe',
  pid: 'pid',
  container: 'container',
}

/** As much of the path as stands in the file. */
function standingKeys(document: Document, keys: KeyPath): KeyPath {
  const length = keys.findIndex((_, at) => !document.hasIn(keys.slice(0, at + 1)))
  return length === -1 ? keys : keys.slice(0, length)
}

/** A mistake of YAML itself: at its place, with the innermost key that it lies in. */
function syntaxText(error: YAMLError, document: Document, lines: LineCounter, path: string): string {
  const [offset] = error.pos
  const keys: string[] = []
  visit(document, {
    Pair(_, { key, value }) {
      const start = isNode(key) ? key.range?.[0] : undefined
      const end = (isNode(value) && value.range?.[2]) || (isNode(key) && key.range?.[2]) || 0
      if (start === undefined || offset < start || offset >= end) return visit.SKIP
      keys.push(String(isScalar(key) ? key.value : key))
      return undefined
    },
  })
  const remedy = syntaxRemedies[error.code] ?? `this is no YAML: ${error.message}`
  return `${path}:${place(lines, offset)}: ${keyText(keys)}: ${remedy}`
}

const syntaxRemedies: Partial<Record<ErrorCode, string>> = {
  DUPLICATE_KEY: 'this key is there twice: leave one out',
  BLOCK_AS_IMPLICIT_KEY: 'expected this key below the one above, at the same indentation as it',
  TAB_AS_INDENT: 'a tab: expected spaces before a key',
}

function describe(issue: DefinitionIssue, document: Document, lines: LineCounter, path: string): string {
  return `${path}:${place(lines, offsetOf(document, issue.path, issue.atKey))}: ${keyText(issue.path)}: ${issue.message}`
}

function keyText(path: readonly (string | number)[]): string {
  const keys = path.map((key) => (/[\p{Cc}]/u.test(String(key)) ? JSON.stringify(key) : key))
  return keys.join('.') || 'file'
}

/** Where the value, or its key, stands; of a key that is missing, where the nearest enclosing value does. */
function offsetOf(document: Document, path: KeyPath, atKey = false): number {
  const above = atKey ? document.getIn(path.slice(0, -1), true) : undefined
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
