// The settings that say how long and how much is kept: their text to the store's rules. Part of config.ts's table;
// ages and sizes are written so everywhere.
import { z } from 'zod'
import type { Retention } from './store/retention.ts'
import { sourceFilter } from './wire.ts'

const dayMs = 86_400_000
const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: dayMs }
const unitsBytes: Readonly<Record<string, number>> = {
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}
const unlimited = 'none'

export const age = z
  .string()
  .regex(/^([1-9]\d{0,5}[smhd]|none)$/, 'must be a number and s, m, h or d, as 7d; or none')
export const size = z
  .string()
  .regex(/^([1-9]\d{0,5}[MGT]iB|none)$/, 'must be a number and MiB, GiB or TiB, as 20GiB; or none')

const rule = z.strictObject({
  source: sourceFilter.optional(),
  service: z.string().min(1).optional(),
  age: age.optional(),
  bytes: size.optional(),
})

const rules = z
  .string()
  .default('[]')
  .transform((text, context) => {
    const parsed = z.array(rule).max(1_000).safeParse(jsonOf(text))
    if (parsed.success) return parsed.data
    const [first] = parsed.error.issues
    context.addIssue(
      'must be a JSON list of rules, as [{"service":"shop","age":"30d"},{"source":"ebpf","bytes":"2GiB"}]: ' +
        `${first?.path.join('.') ?? ''} ${first?.message ?? ''}`.trim(),
    )
    return z.NEVER
  })

export const retentionSettings = {
  PROBESPAN_RETENTION_AGE: age.default('7d'),
  PROBESPAN_RETENTION_BYTES: size.default('20GiB'),
  PROBESPAN_RETENTION_RULES: rules,
}

type RetentionTexts = {
  PROBESPAN_RETENTION_AGE: string
  PROBESPAN_RETENTION_BYTES: string
  PROBESPAN_RETENTION_RULES: readonly z.infer<typeof rule>[]
}

export function retentionOf(found: RetentionTexts): Retention {
  return {
    ageMs: ageMsOf(found.PROBESPAN_RETENTION_AGE),
    bytes: sizeBytesOf(found.PROBESPAN_RETENTION_BYTES),
    rules: found.PROBESPAN_RETENTION_RULES.map(({ source, service, age, bytes }) => ({
      source,
      service,
      // A rule that says none keeps for ever what a later one or the general setting would take.
      ageMs: age === unlimited ? Number.POSITIVE_INFINITY : ageMsOf(age),
      bytes: sizeBytesOf(bytes),
    })),
  }
}

/** Undefined: `none`, or not said. */
export const ageMsOf = (text: string | undefined): number | undefined => numberOf(text, unitsMs)
export const sizeBytesOf = (text: string | undefined): number | undefined => numberOf(text, unitsBytes)

function numberOf(text: string | undefined, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit = ''] = /^(\d+)(\D+)$/.exec(text ?? '') ?? []
  const factor = units[unit]
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
