// Headers in one variable: a JSON object of strings, usually with a key in it.
import { z } from 'zod'
import { headerMistakes } from './destinations.ts'

export const headersText = z
  .string()
  .default('{}')
  .transform((text, context) => {
    const parsed = z.record(z.string(), z.string()).safeParse(jsonOf(text))
    // The text is not repeated: it usually holds a key.
    if (!parsed.success) context.addIssue('must be a JSON object of strings, as {"Authorization":"Bearer …"}')
    for (const mistake of headerMistakes(parsed.data ?? {})) context.addIssue(`: ${mistake}`)
    return parsed.data ?? z.NEVER
  })

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
