// The events of a script that builds its own JSON lines with printf, by this contract:
//   {"event":"NAME_start","reqid":"…","timestamp":UNIX_NS}
//   {"event":"NAME_end","reqid":"…","start":UNIX_NS,"duration":NS}
// bpftrace's printf escapes nothing, so an id with a quote or a line end in it breaks the JSON. The form is
// fixed, so such an event is still read: the id is what stands between the fixed parts. A line may be printed in
// several pieces; what is pending is bounded.
import { isObject } from '../bpftrace/output.ts'
import { jsonText, parseJson, type JsonValue } from '../bpftrace/json.ts'
import type { SpanDefinition } from '../definition/definition.ts'
import type { EventResult } from './event.ts'

const pendingCharactersMax = 64 * 1024
const startForm =
  /^\{\s*"event"\s*:\s*"(\w+_start)"\s*,\s*"reqid"\s*:\s*"([\s\S]*)"\s*,\s*"timestamp"\s*:\s*(\d+)\s*\}$/
const endForm =
  /^\{\s*"event"\s*:\s*"(\w+_end)"\s*,\s*"reqid"\s*:\s*"([\s\S]*)"\s*,\s*"start"\s*:\s*(\d+)\s*,\s*"duration"\s*:\s*(\d+)\s*\}$/

export class PrintfReader {
  private pending = ''
  private readonly spans = new Map<string, SpanDefinition>()

  /** The events and failures that `text`, one printf record, completes. */
  read(text: string): EventResult[] {
    this.pending += text
    if (!this.pending.endsWith('\n')) {
      if (this.pending.length <= pendingCharactersMax) return []
      this.pending = ''
      return [{ ok: false, reason: `no line end within ${pendingCharactersMax} characters of printf output` }]
    }
    const whole = this.pending.trim()
    this.pending = ''
    if (whole === '') return []
    const lines = whole.split('\n').filter((line) => line.trim() !== '')
    const strict = lines.length > 1 && lines.every((line) => parseEvent(line) !== undefined)
    if (strict) return lines.map((line) => this.readLine(line))
    const single = this.readLine(whole)
    return single.ok || lines.length === 1 ? [single] : lines.map((line) => this.readLine(line))
  }

  private readLine(line: string): EventResult {
    const fields = fieldsOf(line)
    if (typeof fields === 'string') return { ok: false, reason: fields }
    const { name, phase, key, startUnixNs, durationNs } = fields
    const event = {
      span: this.spanNamed(name),
      phase,
      atUnixNs: startUnixNs + durationNs,
      pid: 0,
      tid: 0,
      key,
      attributes: [],
    }
    return phase === 'start'
      ? { ok: true, event: { ...event, programStartUnixNs: startUnixNs } }
      : { ok: true, event: { ...event, programDurationNs: durationNs } }
  }

  private spanNamed(name: string): SpanDefinition {
    const known = this.spans.get(name)
    if (known) return known
    const span: SpanDefinition = {
      id: name,
      kind: 'server',
      nameTemplate: name,
      startProbe: `${name}_start`,
      endProbe: `${name}_end`,
      match: { start: 'reqid', end: 'reqid' },
      attributes: [],
      ttlMs: 60_000,
    }
    this.spans.set(name, span)
    return span
  }
}

function parseEvent(line: string): { [key: string]: JsonValue } | undefined {
  const parsed = parseJson(Buffer.from(line).toString('latin1'))
  return parsed.ok && isObject(parsed.value) ? parsed.value : undefined
}

type Fields = { name: string; phase: 'start' | 'end'; key: string; startUnixNs: bigint; durationNs: bigint }

function fieldsOf(line: string): Fields | string {
  const object = parseEvent(line)
  if (object) return fromObject(object)
  const start = startForm.exec(line)
  if (start) return made(start[1], start[2], start[3], '0')
  const end = endForm.exec(line)
  if (end) return made(end[1], end[2], end[3], end[4])
  return `not an event: ${line.slice(0, 120)}`
}

function fromObject(object: { [key: string]: JsonValue }): Fields | string {
  const { event, reqid } = object
  if (typeof event !== 'string' || !/_(start|end)$/.test(event)) {
    return `"event" is neither NAME_start nor NAME_end: ${jsonText(event)}`
  }
  const [startKey, durationKey] = event.endsWith('_start') ? ['timestamp', undefined] : ['start', 'duration']
  const start = object[startKey]
  const duration = durationKey === undefined ? 0 : object[durationKey]
  if (!isTime(start) || !isTime(duration)) {
    return `${event} of ${jsonText(reqid)} needs ${[startKey, durationKey].filter(Boolean).join(' and ')} in nanoseconds`
  }
  return made(event, reqid === undefined ? '' : jsonText(reqid), String(start), String(duration))
}

function made(event = '', key = '', start = '', duration = ''): Fields {
  const phase = event.endsWith('_start') ? 'start' : 'end'
  const name = event.slice(0, -1 - phase.length)
  return { name, phase, key, startUnixNs: BigInt(start), durationNs: BigInt(duration) }
}

function isTime(value: JsonValue | undefined): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value) && value >= 0)
}
