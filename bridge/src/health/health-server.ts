// /healthz and /metrics over HTTP, for a supervisor and Prometheus. Read only, without a key: off unless an address is
// given, and told at the start where others than this machine can reach it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { BridgeReport } from '../report.ts'
import { BridgeError } from '../errors.ts'
import { addressText, isBeyondLoopback, type ListenAddress } from './listen-address.ts'
import { metricsContentType, metricsText } from './metrics.ts'
import { verdictOf, type HealthFacts } from './verdict.ts'

export type HealthSources = {
  facts(): HealthFacts
  /** Undefined before anything is traced. */
  report(): BridgeReport | undefined
}

const requestTimeoutMs = 5000
const connectionsMax = 32

export class HealthServer {
  private readonly server: Server
  private readonly sources: HealthSources

  private constructor(sources: HealthSources) {
    this.sources = sources
    this.server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
      void this.answer(request, response)
    })
    this.server.maxConnections = connectionsMax
  }

  /** Throws BridgeError `listen_failed`. */
  static async start(address: ListenAddress, sources: HealthSources): Promise<HealthServer> {
    const health = new HealthServer(sources)
    await new Promise<void>((resolve, reject) => {
      health.server.once('error', reject).listen(address.port, address.host, resolve)
    }).catch((error: NodeJS.ErrnoException) => {
      throw new BridgeError(
        'listen_failed',
        `cannot listen on ${addressText(address)} for health and metrics (${error.code}): ` +
          'name another address and port (--listen or PROBESPAN_BRIDGE_LISTEN)',
      )
    })
    return health
  }

  /** Where it listens, for the user. */
  get described(): string {
    const bound = this.server.address()
    if (bound === null || typeof bound === 'string') throw new Error('no address of a socket')
    const { address, port } = bound
    const beyond = isBeyondLoopback(address) ? ', which other machines may reach, without a key' : ''
    return `health and metrics at http://${addressText({ host: address, port })}${beyond}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
    } else if (path === '/healthz') {
      const verdict = verdictOf(this.sources.facts(), Date.now())
      response
        .writeHead(verdict.status === 'ok' ? 200 : 503, { 'content-type': 'application/json' })
        .end(`${JSON.stringify(verdict)}\n`)
    } else if (path === '/metrics') {
      const report = this.sources.report()
      if (!report) response.writeHead(503, { 'content-type': 'text/plain' }).end('nothing is traced yet\n')
      else response.writeHead(200, { 'content-type': metricsContentType }).end(await metricsText(report))
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('there are /healthz and /metrics\n')
    }
  }
}
