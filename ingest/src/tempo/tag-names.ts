// Lists of attribute names as Tempo gives them: by scope, with the intrinsics as a scope of their own. In: keys that the
// store found; out: SearchTagsV2Response, or for the older path SearchTagsResponse. Pure.
import type { Message } from '../go-values/message.ts'
import type { AttributeKeysFound, Answered } from '../store/questions.ts'
import { intrinsics } from '../traceql/ast.ts'
import { fieldName } from '../traceql/print.ts'

const attributeScopes = ['resource', 'span', 'event', 'link', 'instrumentation'] as const
/** What the `scope` parameter takes; `none` and nothing at all mean every scope. */
export const tagScopes = [...attributeScopes, 'intrinsic', 'none'] as const
export type TagScope = (typeof tagScopes)[number]

/** Tempo's names, the older and the scoped. The nested set is for programs, not for who types a query. */
export const intrinsicNames: readonly string[] = [
  ...new Set(
    intrinsics
      .filter((name) => !name.startsWith('nestedSet'))
      .flatMap((name) => [fieldName({ type: 'intrinsic', name }), name]),
  ),
].sort()

export type TagsAsked = { scope: TagScope; limit: number }

/** At most `limit` a scope, those that most spans have; by name. */
export function tagsV2Response(found: AttributeKeysFound | undefined, { scope, limit }: TagsAsked): Message {
  const wanted = scope === 'none' ? attributeScopes : attributeScopes.filter((each) => each === scope)
  const scopes = wanted
    .map((name) => ({ name, tags: keysOf(found, [name], limit) }))
    .filter(({ tags }) => tags.length > 0)
  const ofSpans =
    scope === 'none' || scope === 'intrinsic' ? [{ name: 'intrinsic', tags: intrinsicNames }] : []
  return { scopes: [...ofSpans, ...scopes], metrics: listMetrics(found) }
}

/** Without intrinsics, unless they are asked for. */
export function tagsResponse(found: AttributeKeysFound | undefined, { scope, limit }: TagsAsked): Message {
  const wanted = scope === 'none' ? attributeScopes : attributeScopes.filter((each) => each === scope)
  const tagNames = scope === 'intrinsic' ? intrinsicNames : keysOf(found, wanted, limit)
  return { tagNames, metrics: listMetrics(found) }
}

function keysOf(found: AttributeKeysFound | undefined, scopes: readonly string[], limit: number): string[] {
  const keys = (found?.keys ?? [])
    .filter(({ scope }) => scopes.includes(scope))
    .sort((a, b) => b.spans - a.spans)
    .map(({ key }) => key)
  return [...new Set(keys)].slice(0, limit).sort()
}

export function listMetrics(found: Answered | undefined): Message {
  if (found === undefined) return {}
  const { inspected, cutShort } = found
  const jobs = Math.max(inspected.blocksTotal, 1)
  return {
    inspectedBytes: BigInt(inspected.bytes),
    totalBlocks: inspected.blocksTotal,
    totalJobs: jobs,
    completedJobs: cutShort === undefined ? jobs : Math.min(inspected.blocks, jobs - 1),
  }
}
