// The form of a definition file (scripts-bt/NAME.yaml) and its meaning as a Definition. Keys that are not known
// are mistakes; expressions must not break out of the probe's block that the bridge generates around them.
import { z } from 'zod'
import type { Definition, SpanDefinition } from './definition.ts'
import { breaksOut } from './expression.ts'

/** Zod's words for a value of the wrong kind, or none: what is expected, and what stands there. */
const expected = (what: string) => ({
  error: ({ input }: { input?: unknown }): string =>
    input === undefined ? `missing: expected ${what}` : `expected ${what}, got ${JSON.stringify(input)}`,
})
const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.enum(names, expected(`one of ${names.join(', ')}`))
const map = <Shape extends z.ZodRawShape>(shape: Shape, what: string) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key, expected ${Object.keys(shape).join(', ')}`
        : expected(what).error(issue),
  })

const anyExpression = z
  .union([z.string().min(1), z.number().int()], expected('an expression'))
  .transform(String)
const sound = (text: unknown, context: z.RefinementCtx): void => {
  const problem = typeof text === 'string' ? breaksOut(text) : undefined
  if (problem !== undefined) context.addIssue(`expected an expression without ${problem}`)
}
const expression = anyExpression.superRefine(sound)

const probeForm = expected('a probe name: letters, digits, _')
const probeName = z.string(probeForm).regex(/^[A-Za-z_]\w*$/, probeForm)
const identifierForm = expected('a name: a-z, 0-9, _ and -, at most 31 characters')
const identifier = z.string(identifierForm).regex(/^[a-z][a-z0-9_-]{0,30}$/, identifierForm)
const attributeKey = z.string().regex(/^\P{Cc}+$/u, 'expected a name without line ends or control characters')

const attribute = map(
  { at: oneOf(['start', 'end']), value: expression, type: oneOf(['string', 'int', 'boolean']).optional() },
  'a map { at, value }',
)

const durationPattern = /^(\d+)(ms|s|min)$/
const millisecondsPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 }
const durationForm = expected('a duration such as 500ms, 30s or 5min')
const duration = z
  .string(durationForm)
  .regex(durationPattern, durationForm)
  .transform((text) => {
    const [, count, unit = ''] = durationPattern.exec(text) ?? []
    return Number(count) * (millisecondsPerUnit[unit] ?? 0)
  })
  .refine((milliseconds) => milliseconds > 0, 'expected a duration longer than nothing')

const startAndEnd = map({ start: expression, end: expression }, 'a map { start, end }')
const span = map(
  {
    kind: oneOf(['internal', 'server', 'client', 'producer', 'consumer']).default('internal'),
    name: z.string(expected('a text')).min(1, expected('a text')).optional(),
    start: probeName,
    end: probeName,
    match: z
      .union([anyExpression, startAndEnd], expected('an expression, or { start, end }'))
      .superRefine(sound),
    within: identifier.optional(),
    time: map({ start: expression, duration: expression }, 'a map { start, duration }').optional(),
    status: map({ error: expression }, 'a map { error }').optional(),
    trace: map({ parent: expression }, 'a map { parent }').optional(),
    attributes: z.record(attributeKey, attribute, expected('a map of attributes')).default({}),
    ttl: duration.default(60_000),
  },
  'a map with start, end, match',
)

const file = map(
  {
    name: identifier,
    provider: probeName,
    resource: z.record(attributeKey, z.string(expected('a text')), expected('a map of texts')).default({}),
    spans: z
      .record(identifier, span, expected('a map of spans'))
      .refine((spans) => Object.keys(spans).length > 0, 'expected at least one span'),
  },
  'a map with name, provider, spans',
)

/** `atKey`: the key itself is the mistake, not the value below it. */
export type DefinitionIssue = { path: (string | number)[]; message: string; atKey?: boolean }

/** `value` is the parsed YAML. Answers the Definition, or every mistake with the path of its key. */
export function readDefinition(value: unknown): Definition | DefinitionIssue[] {
  const parsed = file.safeParse(value)
  if (!parsed.success) return parsed.error.issues.flatMap(definitionIssues)
  const { name, provider, resource, spans } = parsed.data
  const definitions = Object.entries(spans).map(([id, form]) => spanDefinition(id, form))
  const issues = definitions.flatMap((each) => crossCheck(each, new Map(definitions.map((d) => [d.id, d]))))
  if (issues.length > 0) return issues
  return { name, provider, resource, spans: new Map(definitions.map((each) => [each.id, each])) }
}

function definitionIssues(issue: z.core.$ZodIssue): DefinitionIssue[] {
  const path = issue.path.filter((key) => typeof key !== 'symbol')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: issue.message, atKey: true }))
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path, message, atKey: true }))
  }
  return [{ path, message: issue.message }]
}

function spanDefinition(id: string, form: z.infer<typeof span>): SpanDefinition {
  return {
    id,
    kind: form.kind,
    nameTemplate: form.name ?? id,
    startProbe: form.start,
    endProbe: form.end,
    match: typeof form.match === 'string' ? { start: form.match, end: form.match } : form.match,
    ...(form.within !== undefined && { within: form.within }),
    ...(form.time && { time: form.time }),
    ...(form.status && { errorExpression: form.status.error }),
    ...(form.trace && { traceparentExpression: form.trace.parent }),
    attributes: Object.entries(form.attributes).map(([key, each]) => ({
      key,
      at: each.at,
      expression: each.value,
      ...(each.type && { type: each.type }),
    })),
    ttlMs: form.ttl,
  }
}

function crossCheck(span: SpanDefinition, all: ReadonlyMap<string, SpanDefinition>): DefinitionIssue[] {
  const issues: DefinitionIssue[] = []
  if (span.within !== undefined && !all.has(span.within)) {
    const known = [...all.keys()].filter((id) => id !== span.id).join(', ') || 'none other'
    issues.push({
      path: ['spans', span.id, 'within'],
      message: `no span is named "${span.within}"; this file has ${known}`,
    })
  } else if (reaches(span, span.id, all)) {
    issues.push({ path: ['spans', span.id, 'within'], message: 'a span cannot lie within itself' })
  }
  const keys = new Set(span.attributes.map((each) => each.key))
  for (const [, key = ''] of span.nameTemplate.matchAll(/\{([^}]*)\}/g)) {
    if (keys.has(key)) continue
    issues.push({ path: ['spans', span.id, 'name'], message: `{${key}} is no attribute of this span` })
  }
  return issues
}

function reaches(from: SpanDefinition, id: string, all: ReadonlyMap<string, SpanDefinition>): boolean {
  let at = from.within
  for (let steps = 0; at !== undefined && steps <= all.size; steps += 1) {
    if (at === id) return true
    at = all.get(at)?.within
  }
  return false
}
