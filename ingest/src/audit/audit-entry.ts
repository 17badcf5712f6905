// One line of the audit: who asked what, of which time, and what it took. In: a request and its end; out: a plain object
// of bounded size. Never a key: neither the one that the request came with, nor one among its parameters. Pure.
import type { ObservedRequest, RequestEnd } from '../asked/observed-requests.ts'
import type { AskedQuestion } from '../asked/request-record.ts'
import { cut, hidden, shownPath } from '../asked/shown-path.ts'

/** `opened`: of a request that lasts, such as a live tail, when it begins; it has another line when it ends. */
export type AuditEvent = 'query' | 'opened'

export type AuditEntry = {
  /** When it came: RFC 3339, milliseconds, UTC. */
  time: string
  event: AuditEvent
  /** The key's name; null where the key is missing or unknown; `everyone` where the service has no keys. */
  key: string | null
  address: string
  /** What the client's proxies claim (`X-Forwarded-For`), not checked. */
  forwardedFor?: string
  protocol: 'http' | 'grpc'
  method: string
  route: string
  path: string
  parameters: Record<string, string | string[]>
  /** Unix nanoseconds, of spans' starts: the widest that the store was asked for. Absent: not bound. */
  rangeStart?: string
  rangeEnd?: string
  /** HTTP status or gRPC code; absent while it lasts, and where the client went away before it had one. */
  status?: number
  brokenOff?: true
  durationMs?: number
  /** What the store was asked, by kind. */
  questions?: Record<string, number>
  spansInspected?: number
  /** Items of answers that are lists: traces, series, values. */
  returned?: number
  cutShort?: true
}

const parametersMax = 50
const listMax = 20
/** Of names that parameters have elsewhere: someone may send them here by mistake. */
const secretNames = /key|token|secret|password|passwd|authorization|credential|cookie/i

export type Naming = {
  nameOf(headers: ObservedRequest['headers']): string | undefined
  isKey(text: string): boolean
}

export function auditEntry(request: ObservedRequest, end: RequestEnd | undefined, keys: Naming): AuditEntry {
  const { protocol, method, route, headers, address, atUnixMs, startMs, record } = request
  const forwardedFor = headers['x-forwarded-for']
  const parameters = Object.entries({ ...request.parameters, ...record.parameters }).slice(0, parametersMax)
  const entry: AuditEntry = {
    time: new Date(atUnixMs).toISOString(),
    event: end === undefined ? 'opened' : 'query',
    key: keys.nameOf(headers) ?? null,
    address,
    ...(forwardedFor !== undefined && { forwardedFor: cut(String(forwardedFor)) }),
    protocol,
    method,
    route,
    path: shownPath(request.path, keys),
    parameters: Object.fromEntries(
      parameters.map(([name, value]) => [cut(name), secretNames.test(name) ? hidden : valueOf(value, keys)]),
    ),
    ...rangeOf(record.questions),
  }
  if (end === undefined) return entry
  return {
    ...entry,
    ...(end.status !== undefined && { status: end.status }),
    ...(end.brokenOff && { brokenOff: true }),
    durationMs: Math.round((end.endMs - startMs) * 1_000) / 1_000,
    ...tookOf(record.questions),
  }
}

function tookOf(questions: readonly AskedQuestion[]): Partial<AuditEntry> {
  if (questions.length === 0) return {}
  const kinds: Record<string, number> = {}
  for (const { kind } of questions) kinds[kind] = (kinds[kind] ?? 0) + 1
  const inspected = sumOf(questions.map(({ spansInspected }) => spansInspected))
  const returned = sumOf(questions.map(({ returned }) => returned))
  return {
    questions: kinds,
    ...(inspected !== undefined && { spansInspected: inspected }),
    ...(returned !== undefined && { returned }),
    ...(questions.some(({ cutShort }) => cutShort !== undefined) && { cutShort: true }),
  }
}

/** A side that one question leaves open is open. */
function rangeOf(questions: readonly AskedQuestion[]): Pick<AuditEntry, 'rangeStart' | 'rangeEnd'> {
  const starts = questions.map(({ range }) => range.start)
  const ends = questions.map(({ range }) => range.end)
  const [start, end] = [mostOf(starts, (a, b) => a < b), mostOf(ends, (a, b) => a > b)]
  return {
    ...(start !== undefined && { rangeStart: String(start) }),
    ...(end !== undefined && { rangeEnd: String(end) }),
  }
}

function mostOf(
  times: readonly (bigint | undefined)[],
  isMore: (a: bigint, b: bigint) => boolean,
): bigint | undefined {
  let most: bigint | undefined
  for (const time of times) {
    if (time === undefined) return undefined
    if (most === undefined || isMore(time, most)) most = time
  }
  return most
}

function sumOf(counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, count) => sum + count, 0)
}

function valueOf(value: unknown, keys: Naming): string | string[] {
  if (!Array.isArray(value)) return textOf(value, keys)
  return value.slice(0, listMax).map((each) => textOf(each, keys))
}

function textOf(value: unknown, keys: Naming): string {
  const text = typeof value === 'string' ? value : jsonOf(value)
  return keys.isKey(text) ? hidden : cut(text)
}

function jsonOf(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  const text = JSON.stringify(value, (_name, each: unknown) =>
    typeof each === 'bigint' ? String(each) : each,
  )
  return text ?? ''
}
