// What an API key is: its digest, and what the one who has it may do. A key's own text is never kept.
import { createHash } from 'node:crypto'
import type { TraceSource } from '../wire.ts'

export const permissions = ['write', 'read', 'admin'] as const
export type Permission = (typeof permissions)[number]

/** Undefined: not limited. */
export type RateLimit = { requestsPerS: number | undefined; bytesPerS: number | undefined }

export type Grant = {
  /** For messages and logs. */
  name: string
  may: readonly Permission[]
  /** What its spans are stored as, whatever they claim. */
  source: TraceSource | undefined
  /** The only `service.namespace` that its spans may have. */
  namespace: string | undefined
  rate: RateLimit
}

export type Key = Grant & { sha256: Buffer }

export const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest()

/** For a key that comes without a file: it may do everything. */
export function fullGrant(name: string, rate: RateLimit): Grant {
  return { name, may: permissions, source: undefined, namespace: undefined, rate }
}
