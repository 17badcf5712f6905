// Tags that a search is narrowed by, as a JSON object: {"http.status_code":"200","error":"true"}. Numbers and booleans are
// taken as they are written. Undefined for what is no such object. Pure.

export function attributesOf(text: string): (readonly [key: string, value: string])[] | undefined {
  const json = parsed(text)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  const entries = Object.entries(json).map(([key, value]) => [key, textOf(value)] as const)
  return entries.every((entry): entry is readonly [string, string] => entry[1] !== undefined)
    ? entries
    : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}
