// A definition file's form to its meaning: the Definition. What no single value can tell is checked here: which keys
// make a shape together, and what refers to what.
import type {
  AttributeDefinition,
  Definition,
  Phase,
  Probe,
  SpanDefinition,
  SpanEventDefinition,
} from './definition.ts'
import {
  readForm,
  type AttributeForms,
  type DefinitionIssue,
  type EventForm,
  type SpanForm,
  type TargetForm,
} from './schema.ts'
import type { TargetSelection } from '../target/target.ts'

/** `value` is the parsed YAML. Answers the Definition, or every mistake with the path of its key. */
export function readDefinition(value: unknown): Definition | DefinitionIssue[] {
  const result = readForm(value)
  if (!result.ok) return result.issues
  const { name, target, provider, script, resource, pair, spans, events } = result.form
  const targetIssues = target ? checkTarget(target) : []
  const shapeIssues = Object.entries(spans).flatMap(([id, form]) => checkShape(id, form))
  const providerIssues = provider === undefined ? missingProviders(spans, events) : []
  const first = [...targetIssues, ...shapeIssues, ...providerIssues]
  if (first.length > 0) return first
  const selection = target && selectionOf(target)
  const definition: Definition = {
    name,
    ...(selection && { target: selection }),
    ...(script !== undefined && { script }),
    resource,
    spans: new Map(
      Object.entries(spans).map(([id, form]) => [id, spanDefinition(id, form, provider ?? '', pair)]),
    ),
    events: new Map(),
  }
  const eventIssues = Object.entries(events).flatMap(([id, form]) => checkEvent(id, form, definition))
  const pairingIssues = [...definition.spans.values()].flatMap((span) => [
    ...checkPairing(span, definition),
    ...(script === undefined ? [] : checkScripted(span, spans[span.id])),
  ])
  const issues = [...definition.spans.values()].flatMap((span) => checkReferences(span, definition))
  const all = [...issues, ...pairingIssues, ...eventIssues]
  if (all.length > 0) return all
  return {
    ...definition,
    events: new Map(
      Object.entries(events).map(([id, form]) => [id, eventDefinition(id, form, definition, provider ?? '')]),
    ),
  }
}

function checkTarget({ exe, pid, container }: TargetForm): DefinitionIssue[] {
  const given = [exe, pid, container].filter((each) => each !== undefined).length
  if (given === 1) return []
  const has = given === 0 ? 'none is given' : 'more than one is given'
  return [{ path: ['target'], message: `expected one of exe, pid, container; ${has}` }]
}

function selectionOf({ exe, pid, container }: TargetForm): TargetSelection | undefined {
  if (exe !== undefined) return { kind: 'executable', pattern: exe }
  if (pid !== undefined) return { kind: 'pid', pid }
  return container === undefined ? undefined : { kind: 'container', name: container }
}

const isOneProbe = (form: SpanForm): boolean =>
  form.point !== undefined || (form.end !== undefined && form.start === undefined)

function checkShape(id: string, form: SpanForm): DefinitionIssue[] {
  const at = (key: string, message: string): DefinitionIssue => ({ path: ['spans', id, key], message })
  const issues: DefinitionIssue[] = []
  const shapes = [form.start ?? form.end, form.function, form.point].filter((each) => each !== undefined)
  if (shapes.length !== 1) {
    const has = shapes.length === 0 ? 'none is given' : 'more than one is given'
    return [
      {
        path: ['spans', id],
        message: `expected start and end, end and time.duration, function, or point; ${has}`,
      },
    ]
  }
  if (form.start !== undefined && form.end === undefined) issues.push(at('end', 'missing: expected a probe'))
  if (form.end !== undefined && form.start === undefined && form.time?.duration === undefined) {
    issues.push(
      at('start', 'missing: expected a probe, or time.duration, which tells of a span from its end alone'),
    )
  }
  const pairs = form.start !== undefined && form.end !== undefined
  if (pairs && form.match === undefined)
    issues.push(at('match', 'missing: expected an expression that a start and its end share, such as tid'))
  if (isOneProbe(form)) issues.push(...checkOneProbe(id, form))
  const twoSided = !isOneProbe(form) && form.time !== undefined
  for (const key of ['start', 'duration'] as const) {
    if (!twoSided || form.time?.[key] !== undefined) continue
    issues.push({ path: ['spans', id, 'time', key], message: 'missing: expected an expression' })
  }
  return [...issues, ...checkMatch(id, form), ...checkAttributes(id, form)]
}

/** A span of one probe has no second side to say something of. */
function checkOneProbe(id: string, form: SpanForm): DefinitionIssue[] {
  const issues: DefinitionIssue[] = []
  const refuse = (path: (string | number)[], message: string): void =>
    void issues.push({ path: ['spans', id, ...path], message })
  if (form.supersede !== undefined) {
    refuse(['supersede'], 'a span of one probe has no start that could wait: leave it out')
  }
  for (const [key, { at }] of Object.entries(form.attributes)) {
    if (at === 'start') refuse(['attributes', key, 'at'], 'a span of one probe has no start: leave it out')
  }
  if (form.time?.start !== undefined)
    refuse(['time', 'start'], 'a span of one probe has only a duration: leave the start out')
  if (isTwoSided(form.match))
    refuse(['match'], 'a span of one probe has one key: expected an expression, or a list of them')
  return issues
}

function checkMatch(id: string, form: SpanForm): DefinitionIssue[] {
  if (!isTwoSided(form.match)) return []
  const [start, end] = [list(form.match.start), list(form.match.end)]
  if (start.length === end.length) return []
  const message = `${start.length} parts at the start and ${end.length} at the end: expected as many on both sides`
  return [{ path: ['spans', id, 'match'], message }]
}

function checkAttributes(id: string, form: SpanForm): DefinitionIssue[] {
  if (isOneProbe(form)) return []
  return Object.entries(form.attributes).flatMap(([key, { at }]) =>
    at === undefined
      ? [{ path: ['spans', id, 'attributes', key, 'at'], message: 'missing: expected one of start, end' }]
      : [],
  )
}

function checkEvent(id: string, form: EventForm, definition: Definition): DefinitionIssue[] {
  const issues: DefinitionIssue[] = []
  const span = definition.spans.get(form.on)
  if (!span) issues.push(unknownSpan(['events', id, 'on'], form.on, definition))
  if (span?.pairing === 'kernel') {
    const message = `"${form.on}" is paired in the kernel: expected a span that is seen open`
    issues.push({ path: ['events', id, 'on'], message })
  }
  const [parts, expected] = [form.match === undefined ? undefined : list(form.match), span?.match.start]
  if (parts && expected && parts.length !== expected.length) {
    const message = `${parts.length} parts where the key of ${form.on} has ${expected.length}: expected as many`
    issues.push({ path: ['events', id, 'match'], message })
  }
  for (const [key, { at }] of Object.entries(form.attributes)) {
    if (at === undefined) continue
    issues.push({
      path: ['events', id, 'attributes', key, 'at'],
      message: 'an event has no sides: leave it out',
    })
  }
  return issues
}

function missingProviders(
  spans: Record<string, SpanForm>,
  events: Record<string, EventForm>,
): DefinitionIssue[] {
  const named = [
    ...Object.values(spans).flatMap(({ start, end, point }) => [start, end, point]),
    ...Object.values(events).map(({ probe }) => probe),
  ]
  const bare = named.find((probe) => probe !== undefined && !probe.includes(':'))
  if (bare === undefined) return []
  return [
    { path: ['provider'], message: `missing: expected the provider of ${bare}, or PROVIDER:${bare} there` },
  ]
}

function spanDefinition(
  id: string,
  form: SpanForm,
  provider: string,
  pair: SpanDefinition['pairing'],
): SpanDefinition {
  const onePhase = isOneProbe(form) ? 'point' : undefined
  const within = typeof form.within === 'string' ? { span: form.within, by: 'key' as const } : form.within
  return {
    id,
    kind: form.kind,
    nameTemplate: form.name ?? id,
    probes: probesOfForm(form, provider),
    match: matchOf(form),
    when: whenOf(form, onePhase),
    ...(within && { within }),
    time: {
      ...(form.time?.start !== undefined && { start: form.time.start }),
      ...(form.time?.duration !== undefined && { duration: form.time.duration }),
    },
    ...(form.status && { errorExpression: form.status.error }),
    ...(form.status?.message !== undefined && { messageExpression: form.status.message }),
    ...(form.trace?.parent !== undefined && { traceparentExpression: form.trace.parent }),
    traceIdFromKey: form.trace?.id === 'match',
    attributes: attributeDefinitions(form.attributes, onePhase),
    links: form.links.map(({ at, value }) => ({ at: onePhase ?? at ?? 'start', expression: value })),
    supersede: form.supersede ?? 'nest',
    keepIncomplete: form.incomplete === 'keep',
    pairing: onePhase === undefined ? (form.pair ?? pair) : 'bridge',
    ttlMs: form.ttl,
  }
}

function eventDefinition(
  id: string,
  form: EventForm,
  { spans }: Definition,
  provider: string,
): SpanEventDefinition {
  return {
    id,
    name: form.name ?? id,
    probe: usdt(form.probe, provider),
    on: form.on,
    match: form.match === undefined ? (spans.get(form.on)?.match.start ?? []) : list(form.match),
    ...(form.when !== undefined && { when: form.when }),
    attributes: attributeDefinitions(form.attributes, 'point'),
  }
}

function probesOfForm(form: SpanForm, provider: string): SpanDefinition['probes'] {
  if (form.function !== undefined) {
    const [, file, symbol = ''] = /^(?:(.*):)?([^:]*)$/.exec(form.function) ?? []
    const of = { symbol, ...(file !== undefined && { file }) }
    return { start: { kind: 'entry', ...of }, end: { kind: 'return', ...of } }
  }
  const point = form.point ?? (form.start === undefined ? form.end : undefined)
  if (point !== undefined) return { point: usdt(point, provider) }
  return {
    ...(form.start !== undefined && { start: usdt(form.start, provider) }),
    ...(form.end !== undefined && { end: usdt(form.end, provider) }),
  }
}

function usdt(text: string, provider: string): Probe {
  const [first = '', second] = text.split(':')
  return second === undefined
    ? { kind: 'usdt', provider, name: first }
    : { kind: 'usdt', provider: first, name: second }
}

/** A function's calls and a probe alone are told apart by their thread where nothing else is said. */
function matchOf({ match }: SpanForm): SpanDefinition['match'] {
  if (isTwoSided(match)) {
    const [start, end] = [list(match.start), list(match.end)]
    return { start, end, point: end }
  }
  const parts = match === undefined ? ['tid'] : list(match)
  return { start: parts, end: parts, point: parts }
}

function whenOf({ when }: SpanForm, onePhase: 'point' | undefined): SpanDefinition['when'] {
  if (when === undefined) return {}
  if (onePhase !== undefined)
    return { point: typeof when === 'string' ? when : (when.end ?? when.start ?? '1') }
  if (typeof when === 'string') return { start: when, end: when }
  return {
    ...(when.start !== undefined && { start: when.start }),
    ...(when.end !== undefined && { end: when.end }),
  }
}

function attributeDefinitions(forms: AttributeForms, onePhase: Phase | undefined): AttributeDefinition[] {
  return Object.entries(forms).map(([key, { at, value, type, enum: names }]) => ({
    key,
    at: onePhase ?? at ?? 'end',
    expression: value,
    ...(type && { type }),
    ...(names && { names: new Map(Object.entries(names)) }),
  }))
}

function checkReferences(span: SpanDefinition, definition: Definition): DefinitionIssue[] {
  const issues: DefinitionIssue[] = []
  const { within } = span
  if (within !== undefined && !definition.spans.has(within.span)) {
    issues.push(unknownSpan(['spans', span.id, 'within'], within.span, definition))
  } else if (reaches(span, span.id, definition)) {
    const message = 'a span cannot lie within one that lies within it: leave one of the two out'
    issues.push({ path: ['spans', span.id, 'within'], message })
  }
  const keys = new Set(span.attributes.map((each) => each.key))
  for (const [, key = ''] of span.nameTemplate.matchAll(/\{([^}]*)\}/g)) {
    if (keys.has(key)) continue
    const has = [...keys].join(', ') || 'none'
    const message = `{${key}} is no attribute of this span, which has ${has}: add it to its attributes`
    issues.push({ path: ['spans', span.id, 'name'], message })
  }
  return issues
}

/** What pairing in the kernel cannot do: nothing is known of a start before its end. */
function checkPairing(span: SpanDefinition, { spans }: Definition): DefinitionIssue[] {
  const at = (key: string, message: string): DefinitionIssue => ({ path: ['spans', span.id, key], message })
  const parent = span.within && spans.get(span.within.span)
  const issues: DefinitionIssue[] = []
  if (parent?.pairing === 'kernel') {
    if (span.pairing === 'bridge' && !span.probes.point) {
      issues.push(at('within', `"${parent.id}" is paired in the kernel: expected pair: kernel here too`))
    }
    if (span.within?.by === 'thread') {
      issues.push(
        at('within', `"${parent.id}" is paired in the kernel: expected it by its key, not by thread`),
      )
    }
  }
  if (span.pairing === 'kernel' && span.supersede !== 'nest') {
    issues.push(
      at('supersede', 'paired in the kernel a new start always replaces an open one, which is not seen'),
    )
  }
  return issues
}

/** What a script prints of a span is a start and an end, and filters are its own. */
function checkScripted({ id, pairing }: SpanDefinition, form: SpanForm | undefined): DefinitionIssue[] {
  const ofSpan = form?.pair !== undefined
  const issues: DefinitionIssue[] = []
  if (pairing === 'kernel') {
    issues.push({
      path: ofSpan ? ['spans', id, 'pair'] : ['pair'],
      message: 'a script prints starts and ends: leave it out',
    })
  }
  if (form?.when !== undefined) {
    issues.push({ path: ['spans', id, 'when'], message: 'a script has its own filters: leave it out' })
  }
  return issues
}

function unknownSpan(path: string[], name: string, { spans }: Definition): DefinitionIssue {
  const known = [...spans.keys()].filter((id) => id !== path[1]).join(', ') || 'none other'
  return { path, message: `no span is named "${name}"; this file has ${known}` }
}

/** Whether `within` leads back to it over others; directly it is recursion. */
function reaches(from: SpanDefinition, id: string, { spans }: Definition): boolean {
  let at = from.within?.span
  if (at === id) return false
  for (let steps = 0; at !== undefined && steps <= spans.size; steps += 1) {
    if (at === id) return true
    at = spans.get(at)?.within?.span
  }
  return false
}

const list = (parts: string | string[]): string[] => (typeof parts === 'string' ? [parts] : parts)

function isTwoSided(match: SpanForm['match']): match is { start: string | string[]; end: string | string[] } {
  return typeof match === 'object' && !Array.isArray(match)
}
