// What settings refer to, keys and certificates in files of their own, and what must go together. In: the settings;
// out: what the files hold. Mistakes are added to the caller's list.
import { resolve } from 'node:path'
import { readKeyFile } from '../access/key-file.ts'
import { digestOf, fullGrant } from '../access/key.ts'
import type { Key } from '../access/key.ts'
import type { IngestConfig, Settings } from '../config.ts'
import { readTls } from '../listen/tls.ts'
import type { TlsFiles } from '../listen/tls.ts'

export type References = Pick<IngestConfig, 'keys' | 'keysFile' | 'rate' | 'tls'>

export function readReferences(found: Settings, mistakes: string[]): References {
  return { ...readKeys(found, mistakes), tls: readCertificates(found, mistakes) }
}

function readKeys(found: Settings, mistakes: string[]): Omit<References, 'tls'> {
  const rate = {
    requestsPerS: found.PROBESPAN_RATE_REQUESTS_PER_S,
    bytesPerS: found.PROBESPAN_RATE_BYTES_PER_S,
  }
  const { TRACES_INGESTION_API_KEY: apiKey, PROBESPAN_KEYS_FILE: path } = found
  const otherKeys: Key[] =
    apiKey === undefined ? [] : [{ ...fullGrant('TRACES_INGESTION_API_KEY', rate), sha256: digestOf(apiKey) }]
  if (path === undefined) return { keys: otherKeys, keysFile: undefined, rate }
  const file = readKeyFile(path, rate)
  if (!file.ok) mistakes.push(...file.mistakes)
  return {
    keys: file.ok ? [...otherKeys, ...file.keys] : otherKeys,
    keysFile: { path: resolve(path), otherKeys, rate },
    rate,
  }
}

function readCertificates(found: Settings, mistakes: string[]): IngestConfig['tls'] {
  const { PROBESPAN_TLS_CERT: cert, PROBESPAN_TLS_KEY: key, PROBESPAN_TLS_CLIENT_CA: clientCa } = found
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined
  if (cert === undefined || key === undefined) {
    mistakes.push('TLS needs both PROBESPAN_TLS_CERT and PROBESPAN_TLS_KEY')
    return undefined
  }
  const files: TlsFiles = {
    certPath: resolve(cert),
    keyPath: resolve(key),
    clientCaPath: clientCa === undefined ? undefined : resolve(clientCa),
  }
  const read = readTls(files)
  if (read.ok) return { files, options: read.options }
  mistakes.push(read.mistake)
  return undefined
}

/** Traces hold URLs, queries and names: without a key they are for this machine only. */
export function exposureMistake({ host, keyed }: { host: string; keyed: boolean }): string | undefined {
  if (keyed || isLoopback(host)) return undefined
  return (
    `PROBESPAN_HOST is ${host}, which other machines can reach, but neither TRACES_INGESTION_API_KEY nor ` +
    'PROBESPAN_KEYS_FILE is set: anyone there could read and write traces. Set a key, or PROBESPAN_HOST=127.0.0.1'
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
