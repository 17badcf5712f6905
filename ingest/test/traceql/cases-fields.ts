// Queries by field, each beside what it means: intrinsics in both spellings, scopes, events, links, parents, nil.
import { allSpans, traceIdOf } from './data.ts'
import {
  any,
  childrenOf,
  isRoot,
  list,
  nestedSets,
  number,
  parentOf,
  resource,
  rootOf,
} from './plain-evaluation.ts'
import { everything, nothing, service, text, traceDuration, where, type Case } from './plain-evaluation.ts'

const ms = 1_000_000n
const someSpan = allSpans[5]!
const childSpan = allSpans[1]!
const eventNames = (names: string[]) => where((s) => s.events.some(({ name }) => names.includes(name)))

const intrinsics: Case[] = [
  ['{ }', everything],
  ['{}', everything],
  ['{ true }', everything],
  ['{ false }', nothing],
  ['{ 1 = 1 }', everything],
  ['{ 1 = 2 }', nothing],
  ['{ nil = nil }', nothing],
  ['{ nil != nil }', nothing],
  ['{ name = "query" }', where((s) => s.name === 'query')],
  ['{ span:name = "query" }', where((s) => s.name === 'query')],
  ['{ name = `query` }', where((s) => s.name === 'query')],
  ['{ "query" = name }', where((s) => s.name === 'query')],
  ['{ name != "query" }', where((s) => s.name !== 'query')],
  ['{ name != nil }', everything],
  ['{ name >= "p" }', where((s) => s.name >= 'p')],
  ['{ name < "auth" }', where((s) => s.name < 'auth')],
  ['{ "auth" > name }', where((s) => s.name < 'auth')],
  ['{ status = error }', where((s) => s.status === 'ERROR')],
  ['{ status != error }', where((s) => s.status !== 'ERROR')],
  ['{ span:status = ok }', where((s) => s.status === 'OK')],
  ['{ status = unset }', where((s) => s.status === 'UNSET')],
  ['{ error = status }', where((s) => s.status === 'ERROR')],
  ['{ statusMessage = "lock timeout" }', where((s) => s.message === 'lock timeout')],
  ['{ span:statusMessage != "" }', where((s) => s.message !== '')],
  ['{ statusMessage = "" }', where((s) => s.message === '')],
  ['{ statusMessage = "Declined: \\"no funds\\"" }', where((s) => s.message === 'Declined: "no funds"')],
  ['{ kind = server }', where((s) => s.kind === 'SERVER')],
  ['{ span:kind = client }', where((s) => s.kind === 'CLIENT')],
  ['{ kind = internal }', where((s) => s.kind === 'INTERNAL')],
  ['{ kind = producer }', where((s) => s.kind === 'PRODUCER')],
  ['{ kind = consumer }', where((s) => s.kind === 'CONSUMER')],
  ['{ kind = unspecified }', where((s) => s.kind === 'UNSPECIFIED')],
  ['{ kind != server }', where((s) => s.kind !== 'SERVER')],
  ['{ duration > 100ms }', where((s) => s.duration > 100n * ms)],
  ['{ span:duration >= 100ms }', where((s) => s.duration >= 100n * ms)],
  ['{ duration < 1us }', where((s) => s.duration < 1_000n)],
  ['{ duration <= 1µs }', where((s) => s.duration <= 1_000n)],
  ['{ duration = 10ms }', where((s) => s.duration === 10n * ms)],
  ['{ duration = 10000us }', where((s) => s.duration === 10n * ms)],
  ['{ duration != 10ms }', where((s) => s.duration !== 10n * ms)],
  ['{ duration = 0.01s }', where((s) => s.duration === 10n * ms)],
  ['{ duration = 10000000 }', where((s) => s.duration === 10n * ms)],
  ['{ duration > 1.5s }', where((s) => s.duration > 1_500n * ms)],
  ['{ duration > 0h0m1s500ms }', where((s) => s.duration > 1_500n * ms)],
  ['{ duration < 0 }', where((s) => s.duration < 0n)],
  ['{ duration < -0.5us }', where((s) => s.duration < -500n)],
  ['{ duration >= 1h }', nothing],
  ['{ 20ms < duration }', where((s) => s.duration > 20n * ms)],
  ['{ duration = 2e9 }', where((s) => s.duration === 2_000n * ms)],
  [`{ span:id = "${someSpan.spanId}" }`, where((s) => s.spanId === someSpan.spanId)],
  [`{ span:parentID = "${childSpan.parentId}" }`, where((s) => s.parentId === childSpan.parentId)],
  ['{ span:parentID = "" }', where(isRoot)],
  ['{ span:parentID != "" }', where((s, t) => !isRoot(s, t))],
  ['{ parent = nil }', where(isRoot)],
  ['{ parent != nil }', where((s, t) => !isRoot(s, t))],
  [`{ trace:id = "${traceIdOf(3)}" }`, where((s) => s.traceId === traceIdOf(3))],
  ['{ trace:id = "4" }', where((s) => s.traceId === traceIdOf(3))],
  ['{ "1A" = trace:id }', where((s) => s.traceId === traceIdOf(25))],
  ['{ trace:id != "4" }', where((s) => s.traceId !== traceIdOf(3))],
  ['{ trace:id =~ ".*f" }', where((s) => s.traceId.endsWith('f'))],
  ['{ childCount = 0 }', where((s, t) => childrenOf(s, t).length === 0)],
  ['{ span:childCount > 2 }', where((s, t) => childrenOf(s, t).length > 2)],
  [
    '{ span:childCount = 2 && name = "fib" }',
    where((s, t) => s.name === 'fib' && childrenOf(s, t).length === 2),
  ],
  ['{ traceDuration > 1s }', where((_s, t) => traceDuration(t) > 1_000n * ms)],
  ['{ trace:duration <= 150ms }', where((_s, t) => traceDuration(t) <= 150n * ms)],
  ['{ rootName = "POST /checkout" }', where((_s, t) => rootOf(t).name === 'POST /checkout')],
  ['{ trace:rootName =~ "GET.*" }', where((_s, t) => rootOf(t).name.startsWith('GET'))],
  [
    '{ rootName = "first root" && name = "second root" }',
    where((s, t) => rootOf(t).name === 'first root' && s.name === 'second root'),
  ],
  ['{ rootServiceName = "shop" }', where((_s, t) => service(rootOf(t)) === 'shop')],
  [
    '{ trace:rootService = "worker" && kind = producer }',
    where((s, t) => service(rootOf(t)) === 'worker' && s.kind === 'PRODUCER'),
  ],
  ['{ trace:rootService = "unknown_service" }', where((_s, t) => service(rootOf(t)) === 'unknown_service')],
  ['{ nestedSetParent < 0 }', where(isRoot)],
  ['{ nestedSetParent<0 }', where(isRoot)],
  ['{ nestedSetParent = -1 }', where(isRoot)],
  ['{ nestedSetParent >= 0 }', where((s, t) => !isRoot(s, t))],
  ['{ nestedSetParent = 0 }', where((s, t) => nestedSets(t).get(s.spanId)?.parent === 0)],
  ['{ nestedSetParent = 1 }', where((s, t) => nestedSets(t).get(s.spanId)?.parent === 1)],
  ['{ nestedSetLeft = 1 }', where((s, t) => nestedSets(t).get(s.spanId)?.left === 1)],
  ['{ nestedSetLeft > 6 }', where((s, t) => (nestedSets(t).get(s.spanId)?.left ?? 0) > 6)],
  [
    '{ nestedSetRight - nestedSetLeft = 1 }',
    where((s, t) => {
      const { left = 0, right = 0 } = nestedSets(t).get(s.spanId) ?? {}
      return right - left === 1
    }),
  ],
  ['{ instrumentation:name = "http" }', where((s) => s.scope.name === 'http')],
  ['{ instrumentation:version = "2.1.0" }', where((s) => s.scope.version === '2.1.0')],
  ['{ instrumentation:version = "" }', where((s) => s.scope.version === '')],
  [
    '{ instrumentation:name =~ "h.*|mess.*" }',
    where((s) => s.scope.name === 'http' || s.scope.name === 'messaging'),
  ],
]

const scopes: Case[] = [
  ['{ resource.service.name = "shop" }', where((s) => service(s) === 'shop')],
  ['{ .service.name = "shop" }', where((s) => service(s) === 'shop')],
  ['{ resource.service.name != "shop" }', where((s) => service(s) !== 'shop')],
  ['{ resource.service.name = "unknown_service" }', where((s) => service(s) === 'unknown_service')],
  ['{ resource."service.name" = "shop" }', where((s) => service(s) === 'shop')],
  ['{ resource.service."name" = "db" }', where((s) => service(s) === 'db')],
  ['{ span.service.name = "shop" }', nothing],
  ['{ resource.region = "eu" }', where((s) => s.resource['region'] === 'eu')],
  ['{ span.region = "eu" }', nothing],
  ['{ .region = "eu" }', where((s) => any(s, 'region') === 'eu')],
  ['{ resource.host.cpus > 8 }', where((s) => number(resource(s, 'host.cpus'), (n) => n > 8))],
  ['{ resource.host.load = 0.5 }', where((s) => s.resource['host.load'] === 0.5)],
  ['{ resource.canary = true }', where((s) => s.resource['canary'] === true)],
  ['{ resource.canary }', where((s) => s.resource['canary'] === true)],
  ['{ .shared = "of span" }', where((s) => any(s, 'shared') === 'of span')],
  ['{ .shared = "of resource" }', where((s) => any(s, 'shared') === 'of resource')],
  [
    '{ resource.shared = "of resource" && span.shared = "of span" }',
    where((s) => s.resource['shared'] !== undefined && s.attributes['shared'] !== undefined),
  ],
  ['{ resource.zones = "b" }', where((s) => list(resource(s, 'zones')).includes('b'))],
  ['{ span.http.method = "GET" }', where((s) => s.attributes['http.method'] === 'GET')],
  ['{ .http.method = "GET" }', where((s) => s.attributes['http.method'] === 'GET')],
  ['{ resource.http.method = "GET" }', nothing],
  [
    '{ span.http.url = "https://shop.example/cart?item=1" }',
    where((s) => s.attributes['http.url'] === 'https://shop.example/cart?item=1'),
  ],
  ['{ span."user id" = 2 }', where((s) => s.attributes['user id'] === 2n)],
  ['{ ."user id" < 2 }', where((s) => number(any(s, 'user id'), (n) => n < 2))],
  ['{ ."a b" = "spaced" }', where((s) => s.attributes['a b'] === 'spaced')],
  ['{ span."a b" = 2 }', where((s) => s.attributes['a b'] === 2n)],
  ['{ instrumentation.sampled = true }', where((s) => s.scope.attributes['sampled'] === true)],
  ['{ instrumentation.sampled != true }', where((s) => s.scope.attributes['sampled'] === false)],
  ['{ parent.name = "GET /cart" }', nothing],
  [
    '{ parent.span.http.method = "GET" }',
    where((s, t) => parentOf(s, t)?.attributes['http.method'] === 'GET'),
  ],
  ['{ parent.http.method = "POST" }', where((s, t) => parentOf(s, t)?.attributes['http.method'] === 'POST')],
  [
    '{ parent.resource.service.name = "shop" && resource.service.name = "db" }',
    where((s, t) => {
      const above = parentOf(s, t)
      return above !== undefined && service(above) === 'shop' && service(s) === 'db'
    }),
  ],
  [
    '{ parent.resource.service.name != resource.service.name }',
    where((s, t) => {
      const above = parentOf(s, t)
      return above !== undefined && service(above) !== service(s)
    }),
  ],
  [
    '{ parent.n = .n + 1 }',
    where((s, t) => {
      const above = parentOf(s, t)?.attributes['n']
      return (
        typeof above === 'bigint' && typeof s.attributes['n'] === 'bigint' && above === s.attributes['n'] + 1n
      )
    }),
  ],
  [
    '{ parent.db.rows = nil && span.db.rows != nil }',
    where(
      (s, t) => s.attributes['db.rows'] !== undefined && parentOf(s, t)?.attributes['db.rows'] === undefined,
    ),
  ],
  [
    '{ span.db.rows = parent.span.db.rows }',
    where(
      (s, t) =>
        s.attributes['db.rows'] !== undefined &&
        parentOf(s, t)?.attributes['db.rows'] === s.attributes['db.rows'],
    ),
  ],
]

const eventsAndLinks: Case[] = [
  ['{ event:name = "exception" }', eventNames(['exception'])],
  [
    '{ event:name != "exception" }',
    where((s) => s.events.length > 0 && s.events.every(({ name }) => name !== 'exception')),
  ],
  ['{ event:name =~ "ex.*|sent" }', eventNames(['exception', 'sent'])],
  [
    '{ event:name !~ "ret.*" }',
    where((s) => s.events.length > 0 && s.events.every(({ name }) => !name.startsWith('ret'))),
  ],
  ['{ event:name = nil }', where((s) => s.events.length === 0)],
  ['{ event:name != nil }', where((s) => s.events.length > 0)],
  [
    '{ event:name = "retry" && event:name = "exception" }',
    where((s) => s.events.some((e) => e.name === 'retry') && s.events.some((e) => e.name === 'exception')),
  ],
  ['{ event:timeSinceStart > 10ms }', where((s) => s.events.some(({ time }) => time - s.start > 10n * ms))],
  ['{ event:timeSinceStart = 5ms }', where((s) => s.events.some(({ time }) => time - s.start === 5n * ms))],
  [
    '{ event:timeSinceStart < duration }',
    where((s) => s.events.some(({ time }) => time - s.start < s.duration)),
  ],
  [
    '{ event.exception.type = "Declined" }',
    where((s) => s.events.some((e) => e.attributes['exception.type'] === 'Declined')),
  ],
  [
    '{ event.exception.escaped = true }',
    where((s) => s.events.some((e) => e.attributes['exception.escaped'] === true)),
  ],
  ['{ event.attempt = 1 }', where((s) => s.events.some((e) => e.attributes['attempt'] === 1n))],
  [
    '{ event.bytes >= 1000 }',
    where((s) => s.events.some((e) => number(e.attributes['bytes'], (n) => n >= 1000))),
  ],
  ['{ event.ok = false }', where((s) => s.events.some((e) => e.attributes['ok'] === false))],
  ['{ event.nothing = nil && event:name != nil }', where((s) => s.events.length > 0)],
  [
    `{ link:traceID = "${traceIdOf(1)}" }`,
    where((s) => s.links.some(({ traceId }) => traceId === traceIdOf(1))),
  ],
  ['{ link:spanID != nil }', where((s) => s.links.length > 0)],
  ['{ link:traceID = nil && kind = consumer }', where((s) => s.links.length === 0 && s.kind === 'CONSUMER')],
  ['{ link.queue = "sms" }', where((s) => s.links.some((l) => l.attributes['queue'] === 'sms'))],
  [
    '{ link.queue != "sms" }',
    where((s) => s.links.length > 0 && s.links.every((l) => l.attributes['queue'] !== 'sms')),
  ],
  [
    '{ link.position > 1 }',
    where((s) => s.links.some((l) => number(l.attributes['position'], (n) => n > 1))),
  ],
  [
    '{ link.queue =~ "m.*" }',
    where((s) => s.links.some((l) => text(l.attributes['queue'], (q) => q.startsWith('m')))),
  ],
]

const absence: Case[] = [
  ['{ span.http.method != nil }', where((s) => s.attributes['http.method'] !== undefined)],
  ['{ span.http.method = nil }', where((s) => s.attributes['http.method'] === undefined)],
  ['{ nil = span.http.method }', where((s) => s.attributes['http.method'] === undefined)],
  ['{ nil != .region }', where((s) => any(s, 'region') !== undefined)],
  ['{ .none = nil }', everything],
  ['{ .none != nil }', nothing],
  ['{ .none != "x" }', nothing],
  ['{ .none = .none }', nothing],
  ['{ .none < 5 }', nothing],
  ['{ .none =~ ".*" }', nothing],
  ['{ .none !~ "x" }', nothing],
  ['{ !(.none = "x") }', everything],
  ['{ .none }', nothing],
  ['{ !.none }', nothing],
  ['{ .none + 1 = 1 }', nothing],
  [
    '{ span.http.method != "GET" }',
    where((s) => typeof s.attributes['http.method'] === 'string' && s.attributes['http.method'] !== 'GET'),
  ],
]

export const fieldCases: Case[] = [...intrinsics, ...scopes, ...eventsAndLinks, ...absence]
