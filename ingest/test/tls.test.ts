// TLS on all three listeners, with the system's openssl for an authority: who gets in, and certificates that change.
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { RequestOptions } from 'node:https'
import { connect } from 'node:tls'
import { credentials, status } from '@grpc/grpc-js'
import { expect, test, vi } from 'vitest'
import { createAuthority, createCertificate } from './certificates.ts'
import type { Pair } from './certificates.ts'
import { grpcExport } from './grpc-client.ts'
import { hexId, requestOf } from './sample.ts'
import { endOfMain, protobufType, runChild, runIngest, temporaryFolder, testEnv } from './running.ts'
import type { Env } from './running.ts'

const body = requestOf([{ traceId: hexId(1, 32), spanId: hexId(1, 16) }])

function authorityAndServer(): { folder: string; authority: Pair; server: Pair; env: Env } {
  const folder = temporaryFolder()
  const authority = createAuthority(folder, 'authority')
  const server = createCertificate(folder, 'server', authority)
  return {
    folder,
    authority,
    server,
    env: { PROBESPAN_TLS_CERT: server.certPath, PROBESPAN_TLS_KEY: server.keyPath },
  }
}

async function send(url: string | undefined, options: RequestOptions): Promise<number | undefined> {
  const sending = request(`${url}/v1/traces`, {
    method: 'POST',
    headers: protobufType,
    agent: false,
    ...options,
  })
  sending.end(body)
  const [response] = (await once(sending, 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

test('all three listeners speak TLS, and nothing else', async () => {
  const { authority, env } = authorityAndServer()
  const ports = { PROBESPAN_OTLP_HTTP_PORT: '0', PROBESPAN_OTLP_GRPC_PORT: '0' }
  const { url, otlpHttpUrl, otlpGrpcUrl = '' } = await runIngest({ ...env, ...ports })
  const ca = readFileSync(authority.certPath)
  expect([url, otlpHttpUrl, otlpGrpcUrl].every((each) => each?.startsWith('https://127.0.0.1:'))).toBe(true)
  expect(await send(url, { ca })).toBe(200)
  expect(await send(otlpHttpUrl, { ca })).toBe(200)
  expect(await grpcExport({ url: otlpGrpcUrl }, body, credentials.createSsl(ca))).toMatchObject({
    code: status.OK,
  })
  // One that does not know the authority, and those that speak in clear.
  await expect(send(url, {})).rejects.toThrow(/certificate/)
  await expect(fetch(url.replace('https', 'http'))).rejects.toThrow('fetch failed')
  expect(await grpcExport({ url: otlpGrpcUrl }, body)).toMatchObject({ code: status.UNAVAILABLE })
})

test('with an authority for clients only those with its certificate get in', async () => {
  const { folder, authority, env } = authorityAndServer()
  const clients = createAuthority(folder, 'clients')
  const client = createCertificate(folder, 'client', clients)
  const { url, otlpGrpcUrl = '' } = await runIngest({
    ...env,
    PROBESPAN_TLS_CLIENT_CA: clients.certPath,
    PROBESPAN_OTLP_GRPC_PORT: '0',
  })
  const ca = readFileSync(authority.certPath)
  const cert = readFileSync(client.certPath)
  const key = readFileSync(client.keyPath)
  expect(await send(url, { ca, cert, key })).toBe(200)
  expect(await grpcExport({ url: otlpGrpcUrl }, body, credentials.createSsl(ca, key, cert))).toMatchObject({
    code: status.OK,
  })
  await expect(send(url, { ca })).rejects.toThrow(/certificate required|ECONNRESET|EPIPE|socket hang up/)
  expect(await grpcExport({ url: otlpGrpcUrl }, body, credentials.createSsl(ca))).toMatchObject({
    code: status.UNAVAILABLE,
  })
})

test('a changed certificate is served without a restart; one that cannot be used is not', async () => {
  const { folder, authority, server, env } = authorityAndServer()
  const child = await runChild({ ...env, PROBESPAN_OTLP_GRPC_PORT: '0', PROBESPAN_LOG_LEVEL: 'info' })
  const ca = readFileSync(authority.certPath)
  const nameAt = async (url: string): Promise<unknown> => {
    const port = Number(new URL(url).port)
    const socket = connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2', 'http/1.1'] })
    await once(socket, 'secureConnect')
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return subject.CN
  }
  const namesServed = () => Promise.all([nameAt(child.url), nameAt(child.grpcUrl ?? '')])
  expect(await namesServed()).toEqual(['server', 'server'])
  // It is for two days.
  expect(child.said()).toMatch(/the certificate of CN=server ends on .*put a new one in its place/)
  createCertificate(folder, 'renewed', authority, server)
  const soon = { timeout: 10_000, interval: 100 }
  await vi.waitFor(async () => expect(await namesServed()).toEqual(['renewed', 'renewed']), soon)
  // The certificate of another key.
  copyFileSync(authority.certPath, server.certPath)
  await vi.waitFor(() => expect(child.said()).toContain('the old one stays'), soon)
  expect(await namesServed()).toEqual(['renewed', 'renewed'])
})

test('certificates that cannot be used are told at the start', async () => {
  const { folder, authority, server } = authorityAndServer()
  const ending = await endOfMain(testEnv({ PROBESPAN_TLS_CERT: server.certPath, PROBESPAN_PORT: 'x' }))
  expect(ending.code).toBe(2)
  expect(ending.stderr).toMatch(
    /PROBESPAN_PORT must be[\s\S]*TLS needs both PROBESPAN_TLS_CERT and PROBESPAN_TLS_KEY/,
  )
  const mixed = { PROBESPAN_TLS_CERT: server.certPath, PROBESPAN_TLS_KEY: authority.keyPath }
  expect((await endOfMain(testEnv(mixed))).stderr).toMatch(/server\.pem .*authority\.key cannot be used/)
  const absent = { PROBESPAN_TLS_CERT: `${folder}/nothing.pem`, PROBESPAN_TLS_KEY: server.keyPath }
  expect((await endOfMain(testEnv(absent))).stderr).toMatch(/nothing\.pem/)
})
