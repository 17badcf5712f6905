// Queries with stages, each beside what it means: filters behind filters, aggregates, groups, fields that are shown.
import {
  any,
  child,
  childrenOf,
  coalesced,
  durations,
  everything,
  grouped,
  having,
  nothing,
} from './plain-evaluation.ts'
import {
  isRoot,
  list,
  numbers,
  numeric,
  related,
  rootOf,
  service,
  sum,
  keeping,
  where,
} from './plain-evaluation.ts'
import type { Plain, PlainSpan } from './data.ts'
import type { Case } from './plain-evaluation.ts'

const named = (name: string) => where((s) => s.name === name)
const attempt = (spans: PlainSpan[]) => numbers(spans, (s) => any(s, 'attempt'))
const rows = (spans: PlainSpan[]) => numbers(spans, (s) => any(s, 'db.rows'))
const weight = (spans: PlainSpan[]) => numbers(spans, (s) => any(s, 'weight'))
/** Of lists `by` takes the first value. */
const firstOf = (span: PlainSpan, key: string): Plain | undefined => list(any(span, key))[0]
const average = (values: number[]): number => sum(values) / values.length

const filters: Case[] = [
  [
    '{ kind = server } | { status = error }',
    keeping(
      where((s) => s.kind === 'SERVER'),
      (s) => s.status === 'ERROR',
    ),
  ],
  ['{ } | { name = "query" } | { .attempt = 1 }', keeping(named('query'), (s) => any(s, 'attempt') === 1n)],
  ['{ name = "query" } | { false }', nothing],
  ['{ kind = client } | { name = "query" } > { }', nothing],
  [
    '{ kind = client || kind = server } | { name = "query" } > { }',
    related(
      named('query'),
      child,
      where((s) => s.kind === 'SERVER'),
    ),
  ],
  ['{ name = "auth" } | select(duration, .attempt)', named('auth')],
  ['{ name = "auth" } | select(nestedSetLeft, nestedSetRight, nestedSetParent)', named('auth')],
  ['select(.attempt) | { name = "query" }', named('query')],
  ['{ name = "auth" } with (most_recent=true)', named('auth')],
  ['{ name = "auth" } with (a=1, b="x", c=true, d=-1.5, e=2s) with (f=ok)', named('auth')],
]

const counts: Case[] = [
  ['{ name = "query" } | count() > 2', having(named('query'), (s) => s.length > 2)],
  ['{ name = "query" } | count() >= 2', having(named('query'), (s) => s.length >= 2)],
  ['{ name = "query" } | count() = 1', having(named('query'), (s) => s.length === 1)],
  ['{ name = "query" } | count() != 1', having(named('query'), (s) => s.length !== 1)],
  ['{ name = "query" } | count() < 3', having(named('query'), (s) => s.length < 3)],
  ['{ name = "query" } | count() <= 1', having(named('query'), (s) => s.length <= 1)],
  ['{ name = "query" } | 2 < count()', having(named('query'), (s) => s.length > 2)],
  ['{ } | count() > minInt', everything],
  ['{ } | count() = 1', having(everything, (s) => s.length === 1)],
  ['{ name = "none" } | count() = 0', nothing],
  ['count() > 10', having(everything, (s) => s.length > 10)],
  [
    'count() > 10 | { status = error }',
    keeping(
      having(everything, (s) => s.length > 10),
      (s) => s.status === 'ERROR',
    ),
  ],
  ['{ name = "query" } | count() + 1 > 3', having(named('query'), (s) => s.length > 2)],
  ['{ name = "query" } | count() * 2 = 6', having(named('query'), (s) => s.length === 3)],
  ['{ name = "query" } | count() > 5 - 3', having(named('query'), (s) => s.length > 2)],
  ['{ name = "query" } | (count() + 1) * 2 >= 6', having(named('query'), (s) => s.length >= 2)],
  ['{ name = "query" } | -count() < -2', having(named('query'), (s) => s.length > 2)],
  ['{ name = "query" } | count() > 1.5', having(named('query'), (s) => s.length > 1)],
  ['{ } | count() > 3 | count() < 8', having(everything, (s) => s.length > 3 && s.length < 8)],
]

const aggregates: Case[] = [
  ['{ } | avg(duration) > 20ms', having(everything, (s) => average(durations(s)) > 20e6)],
  ['{ } | min(duration) < 0', having(everything, (s) => Math.min(...durations(s)) < 0)],
  ['{ } | max(duration) >= 1s', having(everything, (s) => Math.max(...durations(s)) >= 1e9)],
  ['{ } | sum(duration) > 200ms', having(everything, (s) => sum(durations(s)) > 200e6)],
  ['{ name = "auth" } | avg(duration) = 20ms', named('auth')],
  [
    '{ kind = client } | max(duration) = 20ms',
    having(
      where((s) => s.kind === 'CLIENT'),
      (s) => Math.max(...durations(s)) === 20e6,
    ),
  ],
  ['{ } | sum(.db.rows) = 60', having(everything, (s) => rows(s).length > 0 && sum(rows(s)) === 60)],
  ['{ } | avg(.db.rows) > 4', having(everything, (s) => average(rows(s)) > 4)],
  ['{ } | max(span.attempt) > 1', having(everything, (s) => Math.max(...attempt(s)) > 1)],
  [
    '{ } | min(span.attempt) = 0',
    having(everything, (s) => attempt(s).length > 0 && Math.min(...attempt(s)) === 0),
  ],
  ['{ } | max(.none) > 0', nothing],
  ['{ } | max(.none) != 0', nothing],
  ['{ } | max(.weight) > 1e299', having(everything, (s) => Math.max(...weight(s)) > 1e299)],
  ['{ } | min(.weight) = -1', having(everything, (s) => Math.min(...weight(s)) === -1)],
  [
    '{ name != "mixed" } | sum(.weight) = 4',
    having(
      where((s) => s.name !== 'mixed'),
      (s) => sum(weight(s)) === 4,
    ),
  ],
  ['{ } | max(.n + 1) = 4', having(everything, (s) => Math.max(...numbers(s, (one) => any(one, 'n'))) === 3)],
  ['{ } | max(duration / 2) > 500ms', having(everything, (s) => Math.max(...durations(s)) / 2 > 500e6)],
  [
    '{ } | max(duration) > min(duration) * 100',
    having(everything, (s) => Math.max(...durations(s)) > Math.min(...durations(s)) * 100),
  ],
  [
    '{ } | max(duration) - min(duration) > 100ms',
    having(everything, (s) => Math.max(...durations(s)) - Math.min(...durations(s)) > 100e6),
  ],
  [
    '{ } | max(span:childCount) >= 5',
    having(everything, (s, t) => Math.max(...s.map((one) => childrenOf(one, t).length)) >= 5),
  ],
  [
    '{ } | avg(.fib.value) > 0.2',
    having(everything, (s) => average(numbers(s, (one) => any(one, 'fib.value'))) > 0.2),
  ],
  [
    'max(duration) > 200ms | { status = error || .http.method = "GET" }',
    keeping(
      having(everything, (s) => Math.max(...durations(s)) > 200e6),
      (s) => s.status === 'ERROR' || any(s, 'http.method') === 'GET',
    ),
  ],
  [
    '{ } | max(resource.host.cpus) = 16',
    having(everything, (s) => Math.max(...numbers(s, (one) => one.resource['host.cpus'])) === 16),
  ],
  [
    '{ } | max(parent.span.n) = 3',
    having(
      everything,
      (s, t) =>
        Math.max(
          ...t
            .flatMap((one) => childrenOf(one, t).map(() => numeric(any(one, 'n'))))
            .filter((n) => !Number.isNaN(n)),
        ) === 3,
    ),
  ],
]

const groups: Case[] = [
  ['{ } | by(name)', grouped(everything, (s) => s.name)],
  [
    '{ } | by(resource.service.name)',
    grouped(everything, (s) => firstOf(s, 'service.name') ?? 'unknown_service'),
  ],
  ['{ } | by(status)', grouped(everything, (s) => s.status)],
  ['{ } | by(kind)', grouped(everything, (s) => s.kind)],
  ['{ } | by(.attempt)', grouped(everything, (s) => firstOf(s, 'attempt'))],
  ['{ } | by(.code)', grouped(everything, (s) => firstOf(s, 'code'))],
  ['{ } | by(.flag)', grouped(everything, (s) => firstOf(s, 'flag'))],
  ['{ } | by(event:name)', grouped(everything, (s) => s.events[0]?.name)],
  [
    '{ } | by(.n % 2)',
    grouped(everything, (s) =>
      typeof any(s, 'n') === 'bigint' ? BigInt(numeric(any(s, 'n')) % 2) : undefined,
    ),
  ],
  ['{ } | by(.n > 2)', grouped(everything, (s) => numeric(any(s, 'n')) > 2)],
  ['{ } | by(nestedSetParent < 0)', grouped(everything, (s, t) => isRoot(s, t))],
  ['{ } | by(rootName)', grouped(everything, (_s, t) => rootOf(t).name)],
  [
    'by(name) | count() > 2',
    having(
      grouped(everything, (s) => s.name),
      (s) => s.length > 2,
    ),
  ],
  [
    '{ } | by(name) | count() > 1',
    having(
      grouped(everything, (s) => s.name),
      (s) => s.length > 1,
    ),
  ],
  [
    '{ } | by(name) | avg(duration) > 15ms',
    having(
      grouped(everything, (s) => s.name),
      (s) => average(durations(s)) > 15e6,
    ),
  ],
  [
    '{ } | by(name) | { status = error }',
    keeping(
      grouped(everything, (s) => s.name),
      (s) => s.status === 'ERROR',
    ),
  ],
  [
    '{ } | by(name) | by(status)',
    grouped(
      grouped(everything, (s) => s.name),
      (s) => s.status,
    ),
  ],
  ['{ } | by(name) | coalesce()', everything],
  [
    '{ } | by(name) | count() > 1 | coalesce()',
    coalesced(
      having(
        grouped(everything, (s) => s.name),
        (s) => s.length > 1,
      ),
    ),
  ],
  [
    '{ } | by(name) | count() > 1 | coalesce() | count() > 4',
    having(
      coalesced(
        having(
          grouped(everything, (s) => s.name),
          (s) => s.length > 1,
        ),
      ),
      (s) => s.length > 4,
    ),
  ],
  ['{ } | coalesce()', everything],
  [
    '{ kind = server } | by(resource.service.name) | max(duration) > 100ms',
    having(
      grouped(
        where((s) => s.kind === 'SERVER'),
        (s) => service(s) as Plain,
      ),
      (s) => Math.max(...durations(s)) > 100e6,
    ),
  ],
  [
    '{ } | by(.db.rows) | sum(duration) >= 12ms | select(name)',
    having(
      grouped(everything, (s) => firstOf(s, 'db.rows')),
      (s) => sum(durations(s)) >= 12e6,
    ),
  ],
]

export const stageCases: Case[] = [...filters, ...counts, ...aggregates, ...groups]
