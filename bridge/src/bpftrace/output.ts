// One line of bpftrace's stdout to what it says: a record. Everything that versions 0.17 to 0.27 are known to
// print with `-f json` has a kind here; what is not JSON at all (0.17 prints "No probes to attach" so) is `text`.
import { jsonText, parseJson, type JsonValue } from './json.ts'

export type OutputRecord =
  | { kind: 'attached'; probes: number }
  /** `print(expression)`; a tuple is an array. */
  | { kind: 'value'; value: JsonValue }
  /** `printf` and its relatives: text without the record's own quoting. */
  | { kind: 'printf'; text: string }
  | { kind: 'map'; maps: { [name: string]: JsonValue } }
  | { kind: 'lost'; events: number }
  /** A run-time complaint of the program in the kernel. */
  | { kind: 'error'; type: string; message: string }
  /** The head that the bridge itself writes into a recording. */
  | { kind: 'recording'; data: { [key: string]: JsonValue } }
  /** A record of a type that carries no event: `hist`, `time`, `cat` … */
  | { kind: 'other'; type: string }
  /** A line that is no JSON. */
  | { kind: 'text'; text: string; reason: string }

export const recordingType = 'probespan_recording'
const errorTypes = new Set(['helper_error', 'errorf', 'runtime_error', 'warnf'])

export function readOutput(line: string): OutputRecord {
  const lost = lostInHexadecimal(line)
  if (lost) return lost
  const parsed = parseJson(line)
  if (!parsed.ok) return { kind: 'text', text: line, reason: parsed.reason }
  const record = parsed.value
  if (!isObject(record) || typeof record.type !== 'string') {
    return { kind: 'text', text: line, reason: 'no record with a type' }
  }
  const data = record.data
  switch (record.type) {
    case 'value':
      return { kind: 'value', value: data ?? null }
    case 'printf':
      return { kind: 'printf', text: typeof data === 'string' ? data : '' }
    case 'attached_probes':
      return { kind: 'attached', probes: count(data, 'probes') }
    case 'lost_events':
      return { kind: 'lost', events: count(data, 'events') }
    case 'map':
      return { kind: 'map', maps: isObject(data) ? data : {} }
    case recordingType:
      return { kind: 'recording', data: isObject(data) ? data : {} }
    default:
      return errorTypes.has(record.type)
        ? { kind: 'error', type: record.type, message: describe(record) }
        : { kind: 'other', type: record.type }
  }
}

/**
 * From 0.24 on, after a `\u` escape the stream's hexadecimal mode sticks: `{"events": 1f}`. Looked for before JSON,
 * which would read `1e2` as a hundred. Digits alone are taken as decimal: nothing tells.
 */
function lostInHexadecimal(line: string): OutputRecord | undefined {
  if (!line.startsWith('{"type": "lost_events"')) return undefined
  const match = /"events": (\d*[a-f][0-9a-f]*)\}\}$/.exec(line)
  return match?.[1] === undefined ? undefined : { kind: 'lost', events: Number.parseInt(match[1], 16) }
}

function count(data: JsonValue | undefined, key: string): number {
  const value = Number(isObject(data) ? data[key] : 0)
  return Number.isFinite(value) ? value : 0
}

function describe(record: { [key: string]: JsonValue }): string {
  return jsonText(record.data ?? record)
}

export function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
