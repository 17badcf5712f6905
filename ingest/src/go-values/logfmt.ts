// logfmt, as Grafana's tag fields send it: `service.name=shop "http.url"="/a b" debug`. In: one line; out: its pairs in
// order, or what is wrong with it. A key alone has the empty value. Pure.

export type LogfmtRead = { ok: true; pairs: [key: string, value: string][] } | { ok: false; mistake: string }

const pair = /\s*(?:([^\s"=]+)|"((?:[^"\\]|\\.)*)")(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"=]*))(?=\s|$))?/y

export function logfmtOf(line: string): LogfmtRead {
  const pairs: [string, string][] = []
  const text = line.trimEnd()
  pair.lastIndex = 0
  for (let at = 0; at < text.length; at = pair.lastIndex) {
    const found = pair.exec(text)
    if (found === null || text[pair.lastIndex] === '=') {
      return { ok: false, mistake: `at character ${at + 1} stands no key=value` }
    }
    const [, bareKey, quotedKey = '', quoted, bare = ''] = found
    pairs.push([bareKey ?? unescaped(quotedKey), quoted === undefined ? bare : unescaped(quoted)])
  }
  return { ok: true, pairs }
}

function unescaped(text: string): string {
  try {
    return String(JSON.parse(`"${text.replaceAll('\n', String.raw`\n`).replaceAll('\t', String.raw`\t`)}"`))
  } catch {
    // An escape that JSON does not know: the character itself.
    return text.replaceAll(/\\(.)/g, '$1')
  }
}
