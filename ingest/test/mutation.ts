// Damages request bodies in the ways in which networks, bugs and attackers do, from a seed: the same seed, the same
// bodies. Pure.
import { gzipSync } from 'node:zlib'

export type Random = (below: number) => number
export type Damage = (body: Buffer, random: Random) => Buffer

/** Mulberry32: small, and good enough to choose bytes. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const hugeVarint = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f])
const endlessVarint = Buffer.alloc(12, 0xff)

const spliced = (body: Buffer, at: number, removed: number, added: Buffer): Buffer =>
  Buffer.concat([body.subarray(0, at), added, body.subarray(at + removed)])

const anyDamage: Damage[] = [
  (body) => body,
  (body, random) => body.subarray(0, random(body.length + 1)),
  (body, random) => spliced(body, random(body.length), 1, Buffer.from([random(256)])),
  (body, random) => {
    const bent = Buffer.from(body)
    for (let times = random(20); times >= 0; times--) bent[random(bent.length)] = random(256)
    return bent
  },
  (body, random) => spliced(body, random(body.length), random(40), Buffer.alloc(0)),
  (body, random) => {
    const from = random(body.length)
    return spliced(body, random(body.length), 0, body.subarray(from, from + random(200)))
  },
  (body, random) => Buffer.concat(Array.from({ length: 1 + random(5) }, () => body)),
  (_body, random) => Buffer.from(Array.from({ length: random(300) }, () => random(256))),
]

export const protobufDamage: readonly Damage[] = [
  ...anyDamage,
  (body, random) => spliced(body, random(body.length), 1, hugeVarint),
  (body, random) => spliced(body, random(body.length), 1, endlessVarint),
  // A million messages that hold nothing, and one inside another a thousand times.
  (_body, random) => Buffer.alloc(2 * (1 + random(50_000)), Buffer.from([0x0a, 0x00])),
  (body, random) => nested(body, 1 + random(1_000)),
]

const tokens = [
  'null',
  '-1',
  '1e999',
  '"NaN"',
  '{}',
  '[]',
  '[[',
  '"\\ud800"',
  '9'.repeat(400),
  'true',
  '\u0000',
  '"',
  '\\',
]

export const jsonDamage: readonly Damage[] = [
  ...anyDamage,
  (body, random) => {
    const values = [...body.toString('utf8').matchAll(/"[^"\\]*"|-?\d+|true|false/g)]
    const chosen = values[random(values.length)]
    if (chosen === undefined) return body
    const token = Buffer.from(tokens[random(tokens.length)] ?? '')
    return spliced(
      body,
      Buffer.byteLength(body.toString('utf8').slice(0, chosen.index)),
      chosen[0].length,
      token,
    )
  },
  (body, random) => {
    const depth = random(3_000)
    const value = `${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`
    return Buffer.from(body.toString('utf8').replace(/\{"stringValue":"[^"]*"\}/, () => value))
  },
  (body, random) => Buffer.from(body.toString('utf8').replaceAll(/"(\d+)"/g, () => String(random(2 ** 31)))),
  (_body, random) => Buffer.from('['.repeat(random(100_000))),
]

/** Compressed, then damaged itself now and then. */
export function gzipped(body: Buffer, random: Random): Buffer {
  const packed = gzipSync(body, { level: 1 })
  return random(4) === 0 ? (anyDamage[random(anyDamage.length)]?.(packed, random) ?? packed) : packed
}

function nested(body: Buffer, depth: number): Buffer {
  let inner = body.subarray(0, 100)
  for (let level = 0; level < depth && inner.length < 60_000; level++) {
    const length = [(inner.length % 128) | 128, ((inner.length >> 7) % 128) | 128, inner.length >> 14]
    inner = Buffer.concat([Buffer.from([level % 2 === 0 ? 0x0a : 0x12, ...length]), inner])
  }
  return inner
}
