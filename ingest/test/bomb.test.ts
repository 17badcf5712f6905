// Small bodies that unpack to gigabytes, and bodies without end, by both protocols: stopped at the cap, in a real process
// whose memory is looked at from outside.
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { connect } from 'node:http2'
import { once } from 'node:events'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { intakeBytesMax, requestBytesMax } from '../src/limits.ts'
import { framed, methods, rawCaller } from './grpc-client.ts'
import { hexId, requestOf } from './sample.ts'
import { post, protobufType, runChild } from './running.ts'
import type { Child } from './running.ts'

const unpackedBytes = 10 * 2 ** 30
const zeros = Buffer.alloc(requestBytesMax)
// Members of gzip, and frames of zstd, follow each other: 64 MiB packed once are 10 GiB when repeated.
const repeated = (packed: Buffer) =>
  Buffer.concat(Array.from({ length: unpackedBytes / requestBytesMax }, () => packed))
const bombs = { gzip: repeated(gzipSync(zeros)), zstd: repeated(zstdCompressSync(zeros)) }
const body = requestOf([{ traceId: hexId(1, 32), spanId: hexId(1, 16) }])

const peakMb = ({ process }: Child): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${process.pid}/status`, 'utf8'))?.[1]) / 1024

const send = async ({ url }: Child, coding: keyof typeof bombs): Promise<number> =>
  (await post(`${url}/v1/traces`, bombs[coding], { ...protobufType, 'content-encoding': coding })).status

const call = async (child: Child, coding: keyof typeof bombs): Promise<number | undefined> =>
  (await rawCaller(child.grpcUrl ?? '')(framed(bombs[coding], 1), { 'grpc-encoding': coding })).grpcStatus

const running = () => runChild({ PROBESPAN_OTLP_GRPC_PORT: '0', PROBESPAN_LOG_LEVEL: 'error' })

test.for(['gzip', 'zstd'] as const)('10 GiB in %s are refused at 64 MiB of them', async (coding) => {
  const child = await running()
  const before = peakMb(child)
  expect(await send(child, coding)).toBe(413)
  expect(await call(child, coding)).toBe(status.RESOURCE_EXHAUSTED)
  // The cap, the body as it came twice over, and what the allocator has about.
  expect(peakMb(child) - before).toBeLessThan(250)
  expect((await post(`${child.url}/v1/traces`, body, protobufType)).status).toBe(200)
})

test('forty of them at once hold no more together than they may; each is refused for itself or for the crowd', async () => {
  const child = await running()
  const before = peakMb(child)
  const codes = await Promise.all(Array.from({ length: 40 }, () => send(child, 'gzip')))
  expect(codes.filter((code) => code !== 413 && code !== 503)).toEqual([])
  // What they hold, once more for what is unpacked and put together meanwhile, and what the allocator has about.
  expect(peakMb(child) - before).toBeLessThan((2.5 * intakeBytesMax) / 2 ** 20)
  expect((await post(`${child.url}/v1/traces`, body, protobufType)).status).toBe(200)
})

test('a body without end is refused once it is over the cap, while it is still being sent', async () => {
  const child = await running()
  const before = peakMb(child)
  const sending = request(`${child.url}/v1/traces`, { method: 'POST', headers: protobufType })
  const answer = new Promise<IncomingMessage>((resolve, reject) =>
    sending.once('response', resolve).once('error', reject),
  )
  const piece = Buffer.alloc(2 ** 20)
  let sentBytes = 0
  const write = (): void => {
    while (sentBytes < unpackedBytes) {
      sentBytes += piece.length
      if (!sending.write(piece)) return
    }
  }
  sending.on('drain', write)
  write()
  const { statusCode } = await answer
  sending.destroy()
  expect(statusCode).toBe(413)
  expect(sentBytes).toBeLessThan(2 * requestBytesMax)
  expect(peakMb(child) - before).toBeLessThan(250)
})

test('so is a call without end, which gets its status and is then ended, whether its sender stops or not', async () => {
  const child = await running()
  const before = peakMb(child)
  const session = connect(child.grpcUrl ?? '')
  onTestFinished(() => session.destroy())
  const call = session.request({
    ':method': 'POST',
    ':path': methods.traces,
    'content-type': 'application/grpc',
  })
  const answer = once(call, 'response') as Promise<[IncomingHttpHeaders]>
  call.resume()
  const ended = once(call, 'close')
  const piece = Buffer.alloc(2 ** 20)
  const write = (): void => {
    while (!call.destroyed && call.write(piece));
  }
  call.on('drain', write)
  write()
  const [headers] = await answer
  expect(headers['grpc-status']).toBe(String(status.RESOURCE_EXHAUSTED))
  await ended
  expect(peakMb(child) - before).toBeLessThan(250)
})
