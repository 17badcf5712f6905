// The form of a definition file (scripts-bt/NAME.yaml) and its meaning as a Definition. Keys that are not known
// are mistakes; expressions must not break out of the probe's block that the bridge generates around them.
import { z } from 'zod'
import type { Definition, SpanDefinition } from './definition.ts'

const expression = z
  .union([z.string().min(1), z.number().int()])
  .transform(String)
  .refine((text) => !/[{};\n]/.test(text), 'an expression without { } ; or line ends')
const probeName = z.string().regex(/^[A-Za-z_]\w*$/, 'a probe name: letters, digits, _')
const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,30}$/, 'a name: a-z, 0-9, _ and -, at most 31 characters')
const phase = z.enum(['start', 'end'])

const attribute = z.strictObject({
  at: phase,
  value: expression,
  type: z.enum(['string', 'int', 'boolean']).optional(),
})

const durationPattern = /^(\d+)(ms|s|min)$/
const millisecondsPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 }
const duration = z
  .string()
  .regex(durationPattern, 'a duration such as 500ms, 30s or 5min')
  .transform((text) => {
    const [, count, unit = ''] = durationPattern.exec(text) ?? []
    return Number(count) * (millisecondsPerUnit[unit] ?? 0)
  })

const span = z.strictObject({
  kind: z.enum(['internal', 'server', 'client', 'producer', 'consumer']).default('internal'),
  name: z.string().min(1).optional(),
  start: probeName,
  end: probeName,
  match: z.union([expression, z.strictObject({ start: expression, end: expression })]),
  within: identifier.optional(),
  time: z.strictObject({ start: expression, duration: expression }).optional(),
  status: z.strictObject({ error: expression }).optional(),
  trace: z.strictObject({ parent: expression }).optional(),
  attributes: z.record(z.string().min(1), attribute).default({}),
  ttl: duration.default(60_000),
})

const file = z.strictObject({
  name: identifier,
  provider: probeName,
  resource: z.record(z.string().min(1), z.string()).default({}),
  spans: z.record(identifier, span).refine((spans) => Object.keys(spans).length > 0, 'at least one span'),
})

export type DefinitionIssue = { path: (string | number)[]; message: string }

/** `value` is the parsed YAML. Answers the Definition, or every mistake with the path of its key. */
export function readDefinition(value: unknown): Definition | DefinitionIssue[] {
  const parsed = file.safeParse(value)
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => ({
      path: issue.path.filter((key) => typeof key !== 'symbol'),
      message: issue.message,
    }))
  }
  const { name, provider, resource, spans } = parsed.data
  const definitions = Object.entries(spans).map(([id, form]) => spanDefinition(id, form))
  const issues = definitions.flatMap((each) => crossCheck(each, new Map(definitions.map((d) => [d.id, d]))))
  if (issues.length > 0) return issues
  return { name, provider, resource, spans: new Map(definitions.map((each) => [each.id, each])) }
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
