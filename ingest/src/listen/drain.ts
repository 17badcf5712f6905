// Lets an HTTP server end: requests under way are answered, at most `closeGraceMs` long, then every connection is
// closed. Node by itself waits a minute for connections on which nothing was ever sent (browsers open those ahead).
import { once } from 'node:events'
import type { Server } from 'node:http'
import { closeGraceMs } from '../limits.ts'

const sweepMs = 50

export type Drain = {
  /** Called beside the server's own close, which must not take new connections any more. */
  end: () => Promise<void>
}

export function watchRequests(server: Server): Drain {
  let underWay = 0
  let onQuiet = (): void => {}
  server.on('request', (_request, response) => {
    underWay++
    response.once('close', () => {
      underWay--
      if (underWay === 0) onQuiet()
    })
  })
  return {
    async end() {
      const closed = once(server, 'close')
      if (underWay > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, closeGraceMs)
          onQuiet = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      server.closeAllConnections()
      // More than once: a connection may have come in before the server stopped listening.
      const sweep = setInterval(() => server.closeAllConnections(), sweepMs)
      await closed
      clearInterval(sweep)
    },
  }
}
