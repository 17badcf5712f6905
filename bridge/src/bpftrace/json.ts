// One line of `bpftrace -f json` (a string of bytes: one character a byte, as `latin1` decodes) to a value.
// JSON.parse cannot read these lines: it rounds integers beyond 2^53 (nanoseconds are), takes bpftrace's
// `\uffffffc3` for U+FFFF and four letters where it means the byte 0xC3, and refuses the bare `0x…` pointers of
// 0.18 to 0.21. Integers that are not exact as a number come out as bigint. Strings come out as the program had
// them: bytes, read as UTF-8, an invalid byte as the lone surrogate U+DC00 + byte. Written as UTF-8 that is U+FFFD,
// but until then two texts stay two: a binary id is a key. Bounds: `depthMax` levels of nesting.

export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | { [key: string]: JsonValue }
export type JsonResult = { ok: true; value: JsonValue } | { ok: false; reason: string; at: number }

const depthMax = 32
const quote = 34
const backslash = 92
const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** A value as text: a string as it is, anything else as JSON, integers in full. */
export function jsonText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString()
  return JSON.stringify(value ?? null, (_, each: unknown) =>
    typeof each === 'bigint' ? each.toString() : each,
  )
}

class Malformed extends Error {
  readonly at: number
  constructor(reason: string, at: number) {
    super(reason)
    this.at = at
  }
}

/** Reads one JSON value that fills `line` but for white space. Never throws: a line that does not parse is a result. */
export function parseJson(line: string): JsonResult {
  const reader = new JsonReader(line)
  try {
    return { ok: true, value: reader.readAll() }
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, reason: error.message, at: error.at }
    throw error
  }
}

class JsonReader {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  readAll(): JsonValue {
    const value = this.readValue(0)
    this.skipSpace()
    if (this.at < this.text.length) throw new Malformed('text after the value', this.at)
    return value
  }

  private readValue(depth: number): JsonValue {
    if (depth > depthMax) throw new Malformed(`nested deeper than ${depthMax}`, this.at)
    this.skipSpace()
    const code = this.text.charCodeAt(this.at)
    if (code === quote) return this.readString()
    if (code === 91) return this.readArray(depth)
    if (code === 123) return this.readObject(depth)
    return this.readScalar()
  }

  private readArray(depth: number): JsonValue[] {
    const items: JsonValue[] = []
    this.at += 1
    if (this.takeIf(']')) return items
    for (;;) {
      items.push(this.readValue(depth + 1))
      if (this.takeIf(']')) return items
      this.take(',')
    }
  }

  private readObject(depth: number): { [key: string]: JsonValue } {
    const object: { [key: string]: JsonValue } = {}
    this.at += 1
    if (this.takeIf('}')) return object
    for (;;) {
      this.skipSpace()
      if (this.text.charCodeAt(this.at) !== quote) throw new Malformed('expected a key', this.at)
      const key = this.readString()
      this.take(':')
      const value = this.readValue(depth + 1)
      // A plain assignment to `__proto__` would set the prototype instead of a key.
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true })
      else object[key] = value
      if (this.takeIf('}')) return object
      this.take(',')
    }
  }

  private readString(): string {
    const start = this.at + 1
    let at = start
    let plain = true
    for (;;) {
      const code = this.text.charCodeAt(at)
      if (code === quote) break
      if (Number.isNaN(code)) throw new Malformed('string without an end', this.at)
      if (code === backslash) {
        plain = false
        at += 1
      } else if (code >= 0x80) plain = false
      at += 1
    }
    this.at = at + 1
    const raw = this.text.slice(start, at)
    return plain ? raw : decodeBytes(raw)
  }

  private readScalar(): JsonValue {
    const end = this.text.slice(this.at).search(/[\s,\]}]|$/)
    const token = this.text.slice(this.at, this.at + end)
    const value = scalar(token)
    if (value === undefined) throw new Malformed(`not a value: ${token.slice(0, 40)}`, this.at)
    this.at += end
    return value
  }

  private take(character: string): void {
    if (!this.takeIf(character)) throw new Malformed(`expected ${character}`, this.at)
  }

  private takeIf(character: string): boolean {
    this.skipSpace()
    if (this.text[this.at] !== character) return false
    this.at += 1
    return true
  }

  private skipSpace(): void {
    while (this.text.charCodeAt(this.at) <= 32) this.at += 1
  }
}

function scalar(token: string): JsonValue | undefined {
  if (token === 'true') return true
  if (token === 'false') return false
  if (token === 'null') return null
  if (/^-?\d+$/.test(token) || /^0x[0-9a-fA-F]+$/.test(token)) return integer(token)
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(token)) return Number(token)
  return undefined
}

function integer(token: string): number | bigint {
  // Adding zero leaves no negative zero.
  const value = Number(token) + 0
  return Number.isSafeInteger(value) ? value : BigInt(token)
}

/** Undoes the escapes of a string's inside and reads the resulting bytes as UTF-8. */
function decodeBytes(raw: string): string {
  const bytes = raw.replace(
    /\\(?:u(ffffff[0-9a-fA-F]{2}|[0-9a-fA-F]{4})|([\s\S]))/g,
    (_, hex?: string, simple?: string) => {
      if (hex !== undefined) return unicodeEscape(hex)
      return simpleEscapes[simple ?? ''] ?? `\\${simple}`
    },
  )
  const text = utf8Of(bytes)
  return text.includes('\ufffd') ? bytes.replace(utf8Sequences, sequenceText) : text
}

const utf8Of = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')

/** Each well-formed sequence of several bytes (the Unicode standard's table 3-7), and each byte in none. */
const utf8Sequences =
  /[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}|[\x80-\xff]/g

const sequenceText = (bytes: string): string =>
  bytes.length > 1 ? utf8Of(bytes) : String.fromCharCode(0xdc00 + bytes.charCodeAt(0))

/** bpftrace escapes bytes: `001f`, and sign-extended from 0x80 up: `ffffffc3`. A larger code point is one. */
function unicodeEscape(hex: string): string {
  const code = Number.parseInt(hex.length === 8 ? hex.slice(6) : hex, 16)
  return code <= 0xff ? String.fromCharCode(code) : Buffer.from(String.fromCharCode(code)).toString('latin1')
}
