// Queries of several span sets, each beside what it means: && and ||, and how spans stand to each other.
import {
  ancestor,
  both,
  child,
  descendant,
  either,
  parent,
  related,
  sibling,
  union,
  unrelated,
} from './plain-evaluation.ts'
import {
  everything,
  having,
  isRoot,
  nothing,
  service,
  keeping,
  where,
  type Case,
  type Relates,
} from './plain-evaluation.ts'

const named = (name: string) => where((s) => s.name === name)
const of = (name: string) => where((s) => service(s) === name)
const failed = where((s) => s.status === 'ERROR')
const roots = where(isRoot)

/** Each relation in each of its three modes, over the same sets. */
function everyMode(sign: string, relates: Relates): Case[] {
  return [
    [
      `{ resource.service.name = "shop" } ${sign} { kind = server }`,
      related(
        of('shop'),
        relates,
        where((s) => s.kind === 'SERVER'),
      ),
    ],
    [
      `{ resource.service.name = "shop" } !${sign} { kind = server }`,
      unrelated(
        of('shop'),
        relates,
        where((s) => s.kind === 'SERVER'),
      ),
    ],
    [
      `{ resource.service.name = "shop" } &${sign} { kind = server }`,
      union(
        of('shop'),
        relates,
        where((s) => s.kind === 'SERVER'),
      ),
    ],
    [`{ name = "fib" } ${sign} { name = "fib odd" }`, related(named('fib'), relates, named('fib odd'))],
    [
      `{ name = "fib" } !${sign} { .n < 3 }`,
      unrelated(
        named('fib'),
        relates,
        where((s) => Number(s.attributes['n']) < 3),
      ),
    ],
    [
      `{ name = "fib" } &${sign} { .n < 3 }`,
      union(
        named('fib'),
        relates,
        where((s) => Number(s.attributes['n']) < 3),
      ),
    ],
    [`{ } ${sign} { }`, related(everything, relates, everything)],
    [`{ } !${sign} { }`, unrelated(everything, relates, everything)],
    [`{ } &${sign} { }`, union(everything, relates, everything)],
    [`{ name = "none" } ${sign} { }`, nothing],
    [`{ name = "none" } !${sign} { name = "receive" }`, named('receive')],
    [`{ } &${sign} { name = "none" }`, nothing],
    [
      `{ name = "receive" } ${sign} { kind = producer || kind = consumer }`,
      related(
        named('receive'),
        relates,
        where((s) => s.kind === 'PRODUCER' || s.kind === 'CONSUMER'),
      ),
    ],
  ]
}

const relations: Case[] = [
  ...everyMode('>', child),
  ...everyMode('>>', descendant),
  ...everyMode('<', parent),
  ...everyMode('<<', ancestor),
  ...everyMode('~', sibling),
]

const combined: Case[] = [
  ['{ status = error } && { name = "auth" }', both(failed, named('auth'))],
  ['{ name = "auth" } && { name = "none" }', nothing],
  ['{ name = "none" } && { name = "auth" }', nothing],
  ['{ status = error } || { name = "auth" }', either(failed, named('auth'))],
  ['{ name = "none" } || { name = "auth" }', named('auth')],
  ['{ } && { name = "auth" }', both(everything, named('auth'))],
  [
    '{ name = "auth" } && { name = "query" } && { status = error }',
    both(both(named('auth'), named('query')), failed),
  ],
  // && before ||
  [
    '{ name = "ping" } || { name = "auth" } && { status = error }',
    either(named('ping'), both(named('auth'), failed)),
  ],
  [
    '({ name = "ping" } || { name = "auth" }) && { status = error }',
    both(either(named('ping'), named('auth')), failed),
  ],
  // structural signs before &&
  [
    '{ name = "auth" } && { name = "query" } > { name = "SELECT" }',
    both(named('auth'), related(named('query'), child, named('SELECT'))),
  ],
  [
    '{ name = "query" } > { name = "SELECT" } && { name = "auth" }',
    both(related(named('query'), child, named('SELECT')), named('auth')),
  ],
  [
    '({ name = "auth" } && { name = "query" }) > { kind = server }',
    related(
      both(named('auth'), named('query')),
      child,
      where((s) => s.kind === 'SERVER'),
    ),
  ],
  [
    '{ kind = server } > { name = "query" } > { status = error }',
    related(
      related(
        where((s) => s.kind === 'SERVER'),
        child,
        named('query'),
      ),
      child,
      failed,
    ),
  ],
  [
    '{ kind = server } > ({ name = "query" } > { status = error })',
    related(
      where((s) => s.kind === 'SERVER'),
      child,
      related(named('query'), child, failed),
    ),
  ],
  ['{ nestedSetParent < 0 } >> { status = error }', related(roots, descendant, failed)],
  [
    '{ nestedSetParent<0 && status=error } &>> { status=error }',
    union(
      keeping(roots, (s) => s.status === 'ERROR'),
      descendant,
      failed,
    ),
  ],
  [
    '{ resource.service.name = "shop" } >> { resource.service.name = "db" } >> { }',
    related(related(of('shop'), descendant, of('db')), descendant, everything),
  ],
  [
    '{ name = "query" } ~ { name = "auth" } || { name = "ping" }',
    either(related(named('query'), sibling, named('auth')), named('ping')),
  ],
  [
    '{ .n = 2 } ~ { .n = 2 }',
    related(
      where((s) => s.attributes['n'] === 2n),
      sibling,
      where((s) => s.attributes['n'] === 2n),
    ),
  ],
  [
    '{ name = "first root" } ~ { name = "second root" }',
    related(named('first root'), sibling, named('second root')),
  ],
  ['({ name = "query" })', named('query')],
  ['(({ name = "query" }) || ({ name = "auth" }))', either(named('query'), named('auth'))],
  [
    '({ name = "query" } | count() > 2) && { status = error }',
    both(
      having(named('query'), (spans) => spans.length > 2),
      failed,
    ),
  ],
  [
    '({ name = "query" } | count() > 2) || { name = "ping" }',
    either(
      having(named('query'), (spans) => spans.length > 2),
      named('ping'),
    ),
  ],
  [
    '({ kind = server } | { status = error }) > { }',
    related(
      keeping(
        where((s) => s.kind === 'SERVER'),
        (s) => s.status === 'ERROR',
      ),
      child,
      everything,
    ),
  ],
  [
    '(count() > 8 | { name = "auth" }) ~ { name = "charge" }',
    related(
      keeping(
        having(everything, (spans) => spans.length > 8),
        (s) => s.name === 'auth',
      ),
      sibling,
      named('charge'),
    ),
  ],
  [
    '({ } | by(name) | count() > 1) && { name = "auth" }',
    both((trace) => {
      const names = new Set(
        trace.map(({ name }) => name).filter((name) => trace.filter((s) => s.name === name).length > 1),
      )
      return where((s) => names.has(s.name))(trace)
    }, named('auth')),
  ],
]

export const structureCases: Case[] = [...relations, ...combined]
