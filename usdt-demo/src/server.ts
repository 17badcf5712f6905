// A listening shop in this process. In: address, the request log's file, a seed for chance. Out: its URL and `close`,
// which finishes open requests and the log. Bound: requests still open 5 s after `close` are cut off.
import { loadAddon, programClock } from './addon.ts'
import { OperationalError } from './operational-error.ts'
import { seededRandom } from './random.ts'
import { noRequestLog, openRequestLog } from './request-log.ts'
import { createShop } from './shop.ts'

const closeTimeoutMs = 5_000
const defaultSeed = 1

export interface ShopOptions {
  host: string
  /** 0 takes any free port. */
  port: number
  logFile?: string | undefined
  seed?: number
  /** Called when the log cannot be written any longer. Without it that is an uncaught exception. */
  onFailure?: (error: Error) => void
}

export interface RunningShop {
  url: string
  close(): Promise<void>
}

/** Throws an OperationalError if the probes are not built, the log cannot be opened or the address cannot be had. */
export async function startShop({ host, port, logFile, seed, onFailure }: ShopOptions): Promise<RunningShop> {
  const addon = loadAddon()
  const log = logFile === undefined ? noRequestLog : await openRequestLog(logFile, onFailure ?? crash)
  const shop = createShop({
    probes: addon,
    clock: programClock(addon),
    log: (line) => log.write(line),
    random: seededRandom(seed ?? defaultSeed),
  })
  let url: string
  try {
    url = await shop.listen({ host, port })
  } catch (error) {
    await log.close()
    throw new OperationalError(explain(error, host, port), { cause: error })
  }
  return {
    url,
    async close() {
      const deadline = setTimeout(() => shop.server.closeAllConnections(), closeTimeoutMs)
      await shop.close()
      clearTimeout(deadline)
      await log.close()
    },
  }
}

function crash(error: Error): never {
  throw error
}

function explain(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use. Stop the program that listens there, or set SHOP_PORT to another.`
  if (code === 'EACCES') return `Port ${port} on ${host} is not permitted. Set SHOP_PORT to one above 1023.`
  const reason = error instanceof Error ? error.message : String(error)
  return `The shop cannot listen on ${host}, port ${port}: ${reason}. Set SHOP_HOST to an address of this machine.`
}
