// The form of a definition file (scripts-bt/NAME.yaml): which keys there are and what stands behind them. Keys that
// are not known are mistakes; expressions must not break out of the block that the bridge generates around them.
// meaning.ts makes the Definition of it; definition.schema.json is published from it.
import { z } from 'zod'
import { containerForm } from '../target/target.ts'
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
        ? `unknown key, expected one of ${Object.keys(shape).join(', ')}`
        : expected(what).error(issue),
  })

const sound = (text: string, context: z.RefinementCtx): void => {
  const problem = breaksOut(text)
  if (problem !== undefined) context.addIssue(`expected an expression without ${problem}`)
}
const anyExpression = z
  .union([z.string().min(1), z.number().int()], expected('an expression'))
  .transform(String)
const expression = anyExpression.superRefine(sound)

const text = z.string(expected('a text')).min(1, expected('a text'))
const probeForm = expected('a probe: NAME, or PROVIDER:NAME; letters, digits, _')
const probe = z.string(probeForm).regex(/^([A-Za-z_]\w*:)?[A-Za-z_]\w*$/, probeForm)
const functionForm = expected('a function: SYMBOL, or FILE:SYMBOL')
const functionName = z.string(functionForm).regex(/^(\/[^:\s"]+:)?[A-Za-z_][\w.$]*$/, functionForm)
const providerForm = expected('a provider: letters, digits, _')
const provider = z.string(providerForm).regex(/^[A-Za-z_]\w*$/, providerForm)
const identifierForm = expected('a name: a-z, 0-9, _ and -, at most 31 characters')
const identifier = z.string(identifierForm).regex(/^[a-z][a-z0-9_-]{0,30}$/, identifierForm)
const attributeKey = z.string().regex(/^\P{Cc}+$/u, 'expected a name without line ends or control characters')

const attributeTypes = ['string', 'int', 'boolean', 'double', 'double_bits'] as const
const enumNames = z.record(
  z.string().regex(/^-?\d+$/, 'expected an integer as the key'),
  text,
  expected('a map of names'),
)
const attribute = map(
  {
    at: oneOf(['start', 'end']).optional(),
    value: expression,
    type: oneOf(attributeTypes).optional(),
    enum: enumNames.optional(),
  },
  'a map { at, value }',
)
const attributes = z.record(attributeKey, attribute, expected('a map of attributes')).default({})

const durationPattern = /^(\d+)(ms|s|min)$/
const millisecondsPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 }
const durationForm = expected('a duration such as 500ms, 30s or 5min')
const duration = z
  .string(durationForm)
  .regex(durationPattern, durationForm)
  .transform((value) => {
    const [, count, unit = ''] = durationPattern.exec(value) ?? []
    return Number(count) * (millisecondsPerUnit[unit] ?? 0)
  })
  .refine((milliseconds) => milliseconds > 0, 'expected a duration longer than nothing')

const matchForm = expected('an expression, a list of them, or { start, end }')
const parts = z.union(
  [expression, z.array(expression).min(1, matchForm)],
  expected('an expression, or a list of them'),
)
const match = z.union([parts, map({ start: parts, end: parts }, 'a map { start, end }')], matchForm)
const when = z.union(
  [expression, map({ start: expression.optional(), end: expression.optional() }, 'a map { start, end }')],
  expected('an expression, or { start, end }'),
)
const within = z.union(
  [identifier, map({ span: identifier, by: oneOf(['key', 'thread']) }, 'a map { span, by }')],
  expected('the name of a span, or { span, by }'),
)

const exeForm = expected('an absolute path of a program or library, or a glob of such paths')
const pidForm = expected('a process id, such as 4711')
const containerNameForm = expected('the name or id of a container')
const target = map(
  {
    exe: z.string(exeForm).regex(/^\//, exeForm).optional(),
    pid: z.number(pidForm).int(pidForm).positive(pidForm).optional(),
    container: z.string(containerNameForm).regex(containerForm, containerNameForm).optional(),
  },
  'a map { exe }, { pid } or { container }',
)
export type TargetForm = z.infer<typeof target>
const link = map({ at: oneOf(['start', 'end']).optional(), value: expression }, 'a map { at, value }')

const span = map(
  {
    kind: oneOf(['internal', 'server', 'client', 'producer', 'consumer']).default('internal'),
    name: text.optional(),
    start: probe.optional(),
    end: probe.optional(),
    function: functionName.optional(),
    point: probe.optional(),
    match: match.optional(),
    when: when.optional(),
    within: within.optional(),
    time: map(
      { start: expression.optional(), duration: expression.optional() },
      'a map { start, duration }',
    ).optional(),
    status: map({ error: expression, message: expression.optional() }, 'a map { error }').optional(),
    trace: map(
      { parent: expression.optional(), id: oneOf(['match']).optional() },
      'a map { parent } or { id: match }',
    ).optional(),
    attributes,
    links: z.array(link, expected('a list of links')).default([]),
    supersede: oneOf(['nest', 'error', 'unset']).optional(),
    incomplete: oneOf(['keep', 'drop']).default('keep'),
    pair: oneOf(['bridge', 'kernel']).optional(),
    ttl: duration.default(60_000),
  },
  'a map with start, end, match',
)
export type SpanForm = z.infer<typeof span>

const event = map(
  {
    probe,
    on: identifier,
    name: text.optional(),
    match: parts.optional(),
    when: expression.optional(),
    attributes,
  },
  'a map with probe, on',
)
export type EventForm = z.infer<typeof event>
export type AttributeForms = z.infer<typeof attributes>

const scriptForm = expected('a bpftrace script beside this file: NAME.bt')

export const file = map(
  {
    name: identifier,
    target: target.optional(),
    provider: provider.optional(),
    script: z
      .string(scriptForm)
      .regex(/^[^\0]+\.bt$/, scriptForm)
      .optional(),
    pair: oneOf(['bridge', 'kernel']).default('bridge'),
    resource: z.record(attributeKey, z.string(expected('a text')), expected('a map of texts')).default({}),
    spans: z
      .record(identifier, span, expected('a map of spans'))
      .refine((spans) => Object.keys(spans).length > 0, 'expected at least one span'),
    events: z.record(identifier, event, expected('a map of events')).default({}),
  },
  'a map with name, spans',
)
export type FileForm = z.infer<typeof file>

/** `atKey`: the key itself is the mistake, not the value below it. */
export type DefinitionIssue = { path: (string | number)[]; message: string; atKey?: boolean }

/** `value` is the parsed YAML. */
export function readForm(
  value: unknown,
): { ok: true; form: FileForm } | { ok: false; issues: DefinitionIssue[] } {
  const parsed = file.safeParse(value)
  if (parsed.success) return { ok: true, form: parsed.data }
  return { ok: false, issues: parsed.error.issues.flatMap((issue) => definitionIssues(issue, [])) }
}

function definitionIssues(issue: z.core.$ZodIssue, above: (string | number)[]): DefinitionIssue[] {
  const path = [...above, ...issue.path.filter((key) => typeof key !== 'symbol')]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: issue.message, atKey: true }))
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path, message, atKey: true }))
  }
  // Of a choice, the one form that goes deeper than the others was meant.
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.find((errors) => errors.some(isDeeper))
    if (deeper) return deeper.flatMap((each) => definitionIssues(each, path))
  }
  return [{ path, message: issue.message }]
}

/** A mistake inside the value or in what it means, rather than a value of another kind. */
function isDeeper(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return true
  if (issue.code === 'invalid_union') return issue.errors.some((errors) => errors.some(isDeeper))
  return issue.code === 'custom' || issue.code === 'unrecognized_keys'
}
