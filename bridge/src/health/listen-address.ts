// "127.0.0.1:9465", "[::1]:9465", "host:9465" or a port alone (of this machine only) to host and port.
import { isIPv4 } from 'node:net'

export type ListenAddress = { host: string; port: number }

const loopback = '127.0.0.1'

export function readListenAddress(text: string | undefined, mistakes: string[]): ListenAddress | undefined {
  if (text === undefined) return undefined
  const [, bracketed, name, digits = ''] =
    /^(?:\[([0-9a-f:.]+)\]:|([^\s:/[\]]+):)?(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  if (digits !== '' && port <= 65_535) return { host: bracketed ?? name ?? loopback, port }
  mistakes.push(
    `--listen or PROBESPAN_BRIDGE_LISTEN is "${text}": give an address and port, such as 127.0.0.1:9465`,
  )
  return undefined
}

/** Whether others than this machine may be able to connect. A name can mean anything but `localhost`. */
export function isBeyondLoopback(host: string): boolean {
  return !(host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.')))
}

export function addressText({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
