// Opens the service's ports and closes them again: the service itself, OTLP/HTTP alone, and OTLP/gRPC. In: the
// applications and the configuration; out: the addresses that were opened. Throws StartFault `port_unavailable`,
// except for a standard port that nobody asked for: where another program has it, the service says so and goes on.
import { once } from 'node:events'
import type { Server } from 'node:net'
import { Server as SecureServer } from 'node:tls'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { IngestConfig } from '../config.ts'
import { watchRequests } from './drain.ts'
import { StartFault } from '../faults.ts'
import type { GrpcListener } from '../receive/grpc-listener.ts'

export type Listeners = {
  url: string
  /** Undefined: switched off, or its port is taken. */
  otlpHttpUrl: string | undefined
  otlpGrpcUrl: string | undefined
  close: () => Promise<void>
}

export type ListenerParts = {
  app: FastifyInstance
  otlpApp: FastifyInstance
  grpc: GrpcListener
  config: Pick<IngestConfig, 'host' | 'port' | 'otlpHttp' | 'otlpGrpc'>
  log: FastifyBaseLogger
}

type Listener = { url: string; close: () => Promise<unknown> }
type Place = { host: string; port: number; setting: string }

export async function openListeners({ app, otlpApp, grpc, config, log }: ListenerParts): Promise<Listeners> {
  const { host, port, otlpHttp, otlpGrpc } = config
  const opened: Listener[] = []
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((listener) => listener.close()))
  }
  const open = async (place: Place, listen: (place: Place) => Promise<Listener>, standard: boolean) => {
    try {
      const listener = await listen(place)
      opened.push(listener)
      return listener.url
    } catch (error) {
      const fault = cannotListen(place, error)
      if (!standard) throw fault
      log.warn(`${fault.message} Going on without it; ${place.setting}=off says that this is meant.`)
      return undefined
    }
  }
  try {
    const listenHttp = (instance: FastifyInstance) => (place: Place) => openHttp(instance, place)
    const url = await open({ host, port, setting: 'PROBESPAN_PORT' }, listenHttp(app), false)
    const otlpHttpUrl =
      otlpHttp &&
      (await open(
        { host, port: otlpHttp.port, setting: 'PROBESPAN_OTLP_HTTP_PORT' },
        listenHttp(otlpApp),
        otlpHttp.standard,
      ))
    const otlpGrpcUrl =
      otlpGrpc &&
      (await open(
        { host, port: otlpGrpc.port, setting: 'PROBESPAN_OTLP_GRPC_PORT' },
        (place) => openGrpc(grpc, place),
        otlpGrpc.standard,
      ))
    return { url: url ?? '', otlpHttpUrl, otlpGrpcUrl, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openHttp(app: FastifyInstance, { host, port }: Place): Promise<Listener> {
  const drain = watchRequests(app.server)
  await app.listen({ host, port })
  return { url: urlOf(app.server), close: () => Promise.all([app.close(), drain.end()]) }
}

async function openGrpc(grpc: GrpcListener, { host, port }: Place): Promise<Listener> {
  grpc.server.listen({ host, port })
  await once(grpc.server, 'listening')
  return { url: urlOf(grpc.server), close: () => grpc.close() }
}

function cannotListen({ host, port, setting }: Place, error: unknown): StartFault {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const reason =
    code === 'EADDRINUSE'
      ? 'another process listens there, perhaps another probespan'
      : error instanceof Error
        ? error.message
        : String(error)
  return new StartFault(
    'port_unavailable',
    `cannot listen on ${host}:${port}: ${reason}. Stop the other process, or set ${setting} or ` +
      'PROBESPAN_HOST to an address that is free.',
    { cause: error },
  )
}

function urlOf(server: Pick<Server, 'address'>): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('listening, but on no port')
  const scheme = server instanceof SecureServer ? 'https' : 'http'
  return `${scheme}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}
