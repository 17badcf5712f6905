// The events of a script that builds its own JSON lines with printf, by this contract:
//   {"event":"NAME_start","reqid":"…","timestamp":UNIX_NS}
//   {"event":"NAME_end","reqid":"…","start":UNIX_NS,"duration":NS}
// bpftrace's printf escapes nothing: an id with a quote or a line end in it breaks the JSON, and a backslash in it is
// no escape. So a line of this form is read as it stands: the id is what lies between the fixed parts. A line may be
// printed in several pieces; what is pending is bounded.
import type { HrTime } from '@opentelemetry/api'
import { isObject } from '../bpftrace/output.ts'
import { jsonText, parseJson, type JsonValue } from '../bpftrace/json.ts'
import type { SpanDefinition } from '../definition/definition.ts'
import { addTimes } from '../time/instant.ts'
import type { EventResult, ProbeEvent } from './event.ts'
import { timeOf } from './nanoseconds.ts'

const pendingCharactersMax = 64 * 1024
const eventNamesMax = 1000
const noTime: HrTime = [0, 0]
const eventBegin = /^\s*\{\s*"(event|reqid|timestamp|start|duration)"\s*:/
const startForm =
  /^\{\s*"event"\s*:\s*"(\w+_start)"\s*,\s*"reqid"\s*:\s*"([\s\S]*)"\s*,\s*"timestamp"\s*:\s*(\d+)\s*\}$/
const endForm =
  /^\{\s*"event"\s*:\s*"(\w+_end)"\s*,\s*"reqid"\s*:\s*"([\s\S]*)"\s*,\s*"start"\s*:\s*(\d+)\s*,\s*"duration"\s*:\s*(\d+)\s*\}$/

export class PrintfReader {
  private pending = ''
  private readonly spans = new Map<string, SpanDefinition>()

  /** The events and failures that `text`, one printf record, completes. */
  read(text: string): EventResult[] {
    // A greeting that was printed without a line end.
    const before = eventBegin.test(text) && !/^\s*(\{|$)/.test(this.pending) ? this.take() : ''
    this.pending += text
    const failures = before === '' ? [] : [failure(notAnEvent(before))]
    if (this.pending.endsWith('\n')) {
      return [...failures, ...groupsOf(this.take()).flatMap((lines) => this.readGroup(lines))]
    }
    if (this.pending.length <= pendingCharactersMax) return failures
    this.pending = ''
    return [...failures, failure(`no line end within ${pendingCharactersMax} characters of printf output`)]
  }

  private take(): string {
    const text = this.pending
    this.pending = ''
    return text
  }

  /** One event, of which an id may hold line ends, and what else was printed behind it. */
  private readGroup(lines: string[]): EventResult[] {
    const [first = ''] = lines
    if (!eventBegin.test(first)) return filled(lines).map((line) => this.event(line))
    const closing = lines.findLastIndex((line) => line.trimEnd().endsWith('}'))
    for (const length of new Set([closing + 1, 1])) {
      const fields = readFields(lines.slice(0, length).join('\n').trim())
      if (fields.ok)
        return [this.eventOf(fields), ...filled(lines.slice(length)).map((line) => this.event(line))]
    }
    return [this.event(lines.join('\n').trim())]
  }

  private event(text: string): EventResult {
    const fields = readFields(text)
    return fields.ok ? this.eventOf(fields) : fields
  }

  private eventOf({ name, phase, key, start, duration }: Fields): EventResult {
    const span = this.spanNamed(name)
    if (!span) return failure(`more than ${eventNamesMax} event names: ${name}_${phase} is left out`)
    const isStart = phase === 'start'
    const event: ProbeEvent = {
      span,
      event: undefined,
      phase,
      at: addTimes(start, duration),
      pid: 0,
      tid: 0,
      key,
      programStart: isStart ? start : undefined,
      programDuration: isStart ? undefined : duration,
      error: false,
      message: undefined,
      remoteParent: undefined,
      links: undefined,
      attributes: isStart ? [key] : [],
      begun: undefined,
      counter: -1,
    }
    return { ok: true, event }
  }

  private spanNamed(name: string): SpanDefinition | undefined {
    const known = this.spans.get(name)
    if (known || this.spans.size >= eventNamesMax) return known
    const span: SpanDefinition = {
      id: name,
      kind: 'server',
      nameTemplate: name,
      probes: {},
      match: { start: ['reqid'], end: ['reqid'], point: [] },
      when: {},
      time: {},
      traceIdFromKey: false,
      attributes: [{ key: 'reqid', at: 'start', expression: 'reqid' }],
      links: [],
      supersede: 'nest',
      keepIncomplete: true,
      pairing: 'bridge',
      ttlMs: 60_000,
    }
    this.spans.set(name, span)
    return span
  }
}

type Fields = { name: string; phase: 'start' | 'end'; key: string; start: HrTime; duration: HrTime }
type FieldsResult = ({ ok: true } & Fields) | { ok: false; reason: string }

/** The lines, a new group wherever an event begins. */
function groupsOf(text: string): string[][] {
  const groups: string[][] = []
  for (const line of text.split('\n')) {
    const group = groups.at(-1)
    if (group && !eventBegin.test(line)) group.push(line)
    else groups.push([line])
  }
  return groups
}

const filled = (lines: string[]): string[] => lines.map((line) => line.trim()).filter((line) => line !== '')
const failure = (reason: string): { ok: false; reason: string } => ({ ok: false, reason })
const notAnEvent = (text: string): string => `not an event: ${text.slice(0, 120)}`

function readFields(text: string): FieldsResult {
  const object = parseObject(text)
  // With keys of the script's own among them, only JSON tells what is the id.
  const form = hasMoreKeys(object) ? null : (startForm.exec(text) ?? endForm.exec(text))
  if (form) return fieldsOf(form[1], form[2] ?? '', form[3], form[4])
  if (!object) return failure(notAnEvent(text))
  const { event, reqid, timestamp, start, duration } = object
  const isStart = typeof event === 'string' && event.endsWith('_start')
  return fieldsOf(event, reqid === undefined ? '' : jsonText(reqid), isStart ? timestamp : start, duration)
}

function hasMoreKeys(object: { [key: string]: JsonValue } | undefined): boolean {
  return object !== undefined && Object.keys(object).length > ('timestamp' in object ? 3 : 4)
}

function parseObject(text: string): { [key: string]: JsonValue } | undefined {
  const parsed = parseJson(Buffer.from(text).toString('latin1'))
  return parsed.ok && isObject(parsed.value) ? parsed.value : undefined
}

/** `duration` is looked at in an end only. */
function fieldsOf(
  event: JsonValue | undefined,
  key: string,
  start: JsonValue | undefined,
  duration: JsonValue | undefined,
): FieldsResult {
  const [, name, phase] = typeof event === 'string' ? (/^(.+)_(start|end)$/.exec(event) ?? []) : []
  if (name === undefined || (phase !== 'start' && phase !== 'end')) {
    return failure(`"event" is neither NAME_start nor NAME_end: ${jsonText(event)}`)
  }
  const startTime = timeOf(start)
  const durationTime = phase === 'start' ? noTime : timeOf(duration)
  if (startTime === undefined || durationTime === undefined) {
    const needed = phase === 'start' ? 'timestamp' : 'start and duration'
    return failure(`${name}_${phase} of ${key} needs ${needed} in nanoseconds`)
  }
  return { ok: true, name, phase, key, start: startTime, duration: durationTime }
}
