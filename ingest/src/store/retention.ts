// How long and how much is kept. In: rules, and who has how much of what is stored, oldest first; out: which of it goes.
// Pure: time is an argument. Ages count from when spans came, bytes are as stored.
import { sourcesOf } from './store.ts'
import type { SourceFilter, TraceSource } from '../wire.ts'

/** For spans of this source and this service; without either, of all. */
export type RetentionRule = {
  source?: SourceFilter | undefined
  service?: string | undefined
  /** The first rule that has one and fits a span decides on it. */
  ageMs?: number | undefined
  /** Of all spans that fit; the oldest go first. */
  bytes?: number | undefined
}

export type Retention = {
  /** For spans that no rule gives another; undefined: for ever. */
  ageMs: number | undefined
  /** Of the whole database; undefined: no bound. */
  bytes: number | undefined
  rules: readonly RetentionRule[]
}

/** One sender's service in one block. */
export type KeptShare = { source: TraceSource; service: string; bytes: number }
export type KeptBlock = { storedMs: number; shares: readonly KeptShare[] }

/** Once a bound is passed, so much of it is kept: else every block that comes would take one away. */
const keptOfBound = 0.95

/** For each block, in the order given: which of its shares go. */
export function sharesToDrop(
  { ageMs, bytes, rules }: Retention,
  blocks: readonly KeptBlock[],
  nowMs: number,
  /** Of the whole database. */
  storedBytes: number,
): Set<KeptShare>[] {
  const drops = blocks.map(() => new Set<KeptShare>())
  const ages = rules.filter((rule) => rule.ageMs !== undefined)
  for (const [index, { storedMs, shares }] of blocks.entries()) {
    for (const share of shares) {
      const limitMs = ages.find((rule) => fits(rule, share))?.ageMs ?? ageMs
      if (limitMs !== undefined && nowMs - storedMs > limitMs) drops[index]?.add(share)
    }
  }
  for (const rule of rules) {
    if (rule.bytes === undefined) continue
    const kept = bytesOf(blocks, drops, rule)
    if (kept > rule.bytes) dropOldest(blocks, drops, rule, kept - rule.bytes * keptOfBound)
  }
  if (bytes !== undefined) {
    const everything: RetentionRule = {}
    const dropped = bytesOf(blocks, [], everything) - bytesOf(blocks, drops, everything)
    if (storedBytes - dropped > bytes) {
      dropOldest(blocks, drops, everything, storedBytes - dropped - bytes * keptOfBound)
    }
  }
  return drops
}

function fits({ source, service }: RetentionRule, share: KeptShare): boolean {
  return (
    (source === undefined || sourcesOf(source).includes(share.source)) &&
    (service === undefined || service === share.service)
  )
}

function bytesOf(
  blocks: readonly KeptBlock[],
  drops: readonly ReadonlySet<KeptShare>[],
  rule: RetentionRule,
): number {
  let sum = 0
  for (const [index, { shares }] of blocks.entries()) {
    for (const share of shares) if (fits(rule, share) && drops[index]?.has(share) !== true) sum += share.bytes
  }
  return sum
}

function dropOldest(
  blocks: readonly KeptBlock[],
  drops: readonly Set<KeptShare>[],
  rule: RetentionRule,
  bytes: number,
): void {
  let left = bytes
  for (const [index, { shares }] of blocks.entries()) {
    if (left <= 0) return
    for (const share of shares) {
      const drop = drops[index]
      if (drop === undefined || drop.has(share) || !fits(rule, share)) continue
      drop.add(share)
      left -= share.bytes
    }
  }
}
