// Thousands of damaged bodies, both encodings, both protocols, compressed and not: each gets the right code, the process
// lives and does not grow, and what it took can be shown. PROBESPAN_MUTATIONS=100000 is the long form;
// PROBESPAN_MUTATION_SEED repeats a run.
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { requestBytesMax } from '../src/limits.ts'
import { protobufFromJson } from '../src/otlp/json.ts'
import { exportRequestType } from '../src/otlp/schema.ts'
import { everyField } from './every-field.ts'
import { framed, rawCaller } from './grpc-client.ts'
import type { RawCaller } from './grpc-client.ts'
import { gzipped, jsonDamage, protobufDamage, randomFrom } from './mutation.ts'
import type { Random } from './mutation.ts'
import { attribute, hexId, requestOf } from './sample.ts'
import { getTraces, jsonType, post, protobufType, runChild } from './running.ts'
import type { Env } from './running.ts'

const bodies = Number(process.env['PROBESPAN_MUTATIONS'] ?? 4_000)
const seed = Number(process.env['PROBESPAN_MUTATION_SEED'] ?? randomInt(2 ** 31))
const together = 16
// What lives on after a body would end the process: the garbage of so many bodies is gigabytes.
const heapMbMax = 160
// Of the whole process: the heap's young part, and what the allocator keeps for the next body. It levels off at some 450.
const residentMbMax = 1_024

const document = JSON.stringify(everyField(exportRequestType))
const samples = {
  json: [document, document.replaceAll(/\s/g, ''), '{"resourceSpans":[]}'].map((text) => Buffer.from(text)),
  protobuf: [
    protobufFromJson(document).body,
    requestOf(
      Array.from({ length: 8 }, (_, index) => ({
        traceId: hexId(index + 1, 32),
        spanId: hexId(index + 1, 16),
        attributes: [attribute('http.route', `/item/${index}`)],
      })),
    ),
  ],
}

type Sent = {
  kind: 'http' | 'grpc'
  encoding: 'json' | 'protobuf'
  plain: Buffer | undefined
  answered: number
}

function damagedBody(encoding: Sent['encoding'], random: Random): Buffer {
  const damages = encoding === 'json' ? jsonDamage : protobufDamage
  let body = samples[encoding][random(samples[encoding].length)] ?? Buffer.alloc(0)
  for (let times = random(3); times >= 0; times--)
    body = damages[random(damages.length)]?.(body, random) ?? body
  return body
}

async function sendOne(url: string, agent: Agent, call: RawCaller, random: Random): Promise<Sent> {
  const kind = random(3) === 0 ? 'grpc' : 'http'
  const encoding = kind === 'http' && random(2) === 0 ? 'json' : 'protobuf'
  const gzip = random(3) === 0
  const body = damagedBody(encoding, random)
  const sent = gzip ? gzipped(body, random) : body
  const plain = gzip ? unpacked(sent) : body
  if (kind === 'grpc') {
    const { grpcStatus } = await call(framed(sent, gzip ? 1 : 0), gzip ? { 'grpc-encoding': 'gzip' } : {})
    return { kind, encoding, plain, answered: grpcStatus ?? -1 }
  }
  const headers = {
    ...(encoding === 'json' ? jsonType : protobufType),
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
  }
  return { kind, encoding, plain, answered: await postBytes(`${url}/v1/traces`, agent, sent, headers) }
}

/** Not by fetch, which is several times slower. */
function postBytes(url: string, agent: Agent, body: Buffer, headers: Env): Promise<number> {
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } },
      (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? -1))
      },
    )
    sending.once('error', reject)
    sending.end(body)
  })
}

function unpacked(body: Buffer): Buffer | undefined {
  try {
    return gunzipSync(body, { maxOutputLength: requestBytesMax })
  } catch {
    return undefined
  }
}

const codes = {
  http: { taken: 200, undecodable: 400, tooLarge: 413 },
  grpc: {
    taken: status.OK as number,
    undecodable: status.INVALID_ARGUMENT as number,
    tooLarge: status.RESOURCE_EXHAUSTED as number,
  },
}

/** Undefined where the answer was right: judged by other readers than the service's own. */
function mistakeOf({ kind, encoding, plain, answered }: Sent): string | undefined {
  const { taken, undecodable, tooLarge } = codes[kind]
  const told = (wanted: string) =>
    `${kind} ${encoding}: answered ${answered}, but ${wanted}: ${plain?.subarray(0, 1000).toString('base64')} …`
  if (![taken, undecodable, tooLarge].includes(answered)) return told('no such code is right')
  if (plain === undefined) return answered === undecodable ? undefined : told('its compression is broken')
  const readable = encoding === 'json' ? isJson(plain) : isProtobuf(plain)
  // Fields of spans that only showing them needs are not looked into before: more is taken than is readable throughout.
  if (encoding === 'protobuf' && readable && answered !== taken) return told('it can be read')
  // Objects and arrays are counted before the text is parsed.
  const isRefused = answered === undecodable || (answered === tooLarge && bracketsIn(plain) > bracketsMin)
  if (encoding === 'json' && !readable && !isRefused) return told('it is no JSON')
  return undefined
}

/** Far below what is too many. */
const bracketsMin = 100_000

function bracketsIn(text: Buffer): number {
  let brackets = 0
  for (const byte of text) if (byte === 0x5b || byte === 0x7b) brackets += 1
  return brackets
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'))
    return true
  } catch {
    return false
  }
}

function isProtobuf(body: Buffer): boolean {
  try {
    exportRequestType.decode(body)
    return true
  } catch {
    return false
  }
}

function residentMb(pid: number | undefined): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

test(
  `${bodies} damaged bodies get the right code, and the service neither dies nor grows`,
  { timeout: 3_600_000 },
  async () => {
    console.info(`PROBESPAN_MUTATIONS=${bodies} PROBESPAN_MUTATION_SEED=${seed}`)
    const child = await runChild({
      PROBESPAN_OTLP_GRPC_PORT: '0',
      PROBESPAN_LOG_LEVEL: 'error',
      NODE_OPTIONS: `--max-old-space-size=${heapMbMax}`,
    })
    const agent = new Agent({ keepAlive: true, maxSockets: together })
    const call = rawCaller(child.grpcUrl ?? '')
    const random = randomFrom(seed)
    const counts = new Map<string, number>()
    let left = bodies
    let halfMb = 0
    const sendSome = async (): Promise<void> => {
      while (left-- > 0) {
        const sent = await sendOne(child.url, agent, call, random)
        expect(mistakeOf(sent)).toBeUndefined()
        const what = `${sent.kind} ${sent.encoding} ${sent.answered}`
        counts.set(what, (counts.get(what) ?? 0) + 1)
        if (left === Math.floor(bodies / 2)) halfMb = residentMb(child.process.pid)
      }
    }
    await Promise.all(Array.from({ length: together }, sendSome))
    agent.destroy()
    const endMb = residentMb(child.process.pid)
    console.info(
      Object.fromEntries(counts),
      `${Math.round(halfMb)} MB after half of them, ${Math.round(endMb)} MB at the end`,
    )
    expect(endMb).toBeLessThan(residentMbMax)

    const whole = requestOf([{ traceId: hexId(0xabc, 32), spanId: hexId(1, 16) }])
    expect((await post(`${child.url}/v1/traces`, whole, protobufType)).status).toBe(200)
    const { traces } = await getTraces(child.url, '?limit=1000')
    expect(traces.length).toBeGreaterThan(0)
    for (const { traceId } of traces) {
      expect([traceId, (await fetch(`${child.url}/api/traces/${traceId}`)).status]).toEqual([traceId, 200])
    }
    expect(child.said()).toBe('')
  },
)
