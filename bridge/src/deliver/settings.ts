// What the delivery's settings say, as texts from the environment or flags: to values, or to what is wrong with them.
import { join } from 'node:path'

export type Protocol = 'http/protobuf' | 'grpc'

export type SpoolSetting =
  | { kind: 'off' }
  /** Below the state folder, where there is one. */
  | { kind: 'default' }
  | { kind: 'folder'; path: string }

/** A system's service manager or an image makes it; the bridge does not, so that a trial leaves nothing behind. */
export const stateFolder = '/var/lib/probespan-bridge'
export const defaultSpoolFolder = join(stateFolder, 'spool')

const mebibyte = 1024 * 1024
export const spoolBytesDefault = 256 * mebibyte
/** Eight segments of one request each at least. */
const spoolBytesMin = 32 * mebibyte

export const defaultEndpoints: Readonly<Record<Protocol, string>> = {
  'http/protobuf': 'http://127.0.0.1:3051',
  grpc: 'http://127.0.0.1:4317',
}

export function readProtocol(text: string | undefined, mistakes: string[]): Protocol {
  if (text === 'grpc') return 'grpc'
  if (text !== undefined && text !== 'http/protobuf') {
    mistakes.push(
      `the OTLP protocol "${text}" is not spoken: set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or grpc`,
    )
  }
  return 'http/protobuf'
}

/** By the OTLP exporter specification; a host and port without a scheme is also taken. `whole` goes before `base`. */
export function readEndpoint(
  protocol: Protocol,
  whole: string | undefined,
  base: string | undefined,
  mistakes: string[],
): string | undefined {
  const text = whole ?? base ?? defaultEndpoints[protocol]
  const url = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`
  // Without a host, the parser would take the first part of the path for one.
  if (/^https?:\/\/[^/]/i.test(url) && URL.canParse(url)) {
    // gRPC knows no path.
    return protocol === 'grpc' || whole !== undefined ? url : `${url.replace(/\/+$/, '')}/v1/traces`
  }
  mistakes.push(
    `the OTLP endpoint "${text}" is no http or https URL: give one such as ${defaultEndpoints[protocol]}`,
  )
  return undefined
}

export function readSpool(text: string | undefined): SpoolSetting {
  if (text === undefined) return { kind: 'default' }
  return text === 'off' ? { kind: 'off' } : { kind: 'folder', path: text }
}

export function readSpoolBytesMax(text: string | undefined, mistakes: string[]): number {
  if (text === undefined) return spoolBytesDefault
  const bytes = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(bytes) && bytes >= spoolBytesMin) return bytes
  mistakes.push(
    `PROBESPAN_SPOOL_BYTES_MAX is "${text}": give a number of bytes, ${spoolBytesMin} or more (default ${spoolBytesDefault})`,
  )
  return spoolBytesDefault
}
