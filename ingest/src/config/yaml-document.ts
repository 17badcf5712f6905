// A configuration file, YAML or JSON, to a checked value. In: its text and a schema; out: the value and where in the
// file each part stands, or every mistake at once, each with file and line. Pure; the text is at most `textBytesMax`.
import { isNode, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'

export type YamlPath = readonly PropertyKey[]
export type YamlRead<Value> =
  { ok: true; value: Value; placeOf: (path: YamlPath) => string } | { ok: false; mistakes: string[] }

export const textBytesMax = 2 ** 20

/** `file` is how messages name it. An empty file reads as an empty map. */
export function readYaml<Value>(file: string, text: string, schema: z.ZodType<Value>): YamlRead<Value> {
  if (text.length > textBytesMax) {
    return {
      ok: false,
      mistakes: [`${file} has ${text.length} bytes, more than the ${textBytesMax} that are read`],
    }
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const placeOf = (path: YamlPath): string => `${file}:${lineOf(document, lines, path)}`
  if (document.errors.length > 0) {
    const told = document.errors.map(
      ({ pos, message }) => `${file}:${lines.linePos(pos[0]).line}: ${message}`,
    )
    return { ok: false, mistakes: told }
  }
  let content: unknown
  try {
    content = document.toJS()
  } catch (error) {
    // Aliases that unfold to more than they should.
    return { ok: false, mistakes: [`${file}: ${error instanceof Error ? error.message : String(error)}`] }
  }
  const parsed = schema.safeParse(content ?? {})
  if (parsed.success) return { ok: true, value: parsed.data, placeOf }
  return { ok: false, mistakes: parsed.error.issues.flatMap((issue) => mistakesOf(issue, placeOf)) }
}

function mistakesOf(issue: z.core.$ZodIssue, placeOf: (path: YamlPath) => string): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key]
      return `${placeOf(path)}: ${nameOf(path)} is not known`
    })
  }
  const name = nameOf(issue.path)
  return [`${placeOf(issue.path)}: ${name === '' ? '' : `${name} `}${issue.message}`]
}

const nameOf = (path: YamlPath): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')

/** Of the part itself, or of what holds it where it is missing. */
function lineOf(document: Document, lines: LineCounter, path: YamlPath): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
