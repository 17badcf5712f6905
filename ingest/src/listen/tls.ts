// Certificates of the listeners: read from files at the start, and again when those change, for connections from then
// on. In: paths; out: what servers are created with, or what is wrong with the files. Open connections stay as they are.
import { readFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'
import { watchFiles } from '../file-watch.ts'

export type TlsFiles = {
  certPath: string
  keyPath: string
  /** Set: only clients with a certificate of these authorities get in. */
  clientCaPath: string | undefined
}

/** What servers are created with. */
export type UsableCertificate = TlsOptions & { cert: Buffer }
export type TlsRead = { ok: true; options: UsableCertificate } | { ok: false; mistake: string }

const expirySoonMs = 14 * 24 * 3_600_000

type SecureServer = { setSecureContext(options: SecureContextOptions): void }

export type Tls = {
  options: TlsOptions
  /** Hands the server each new certificate. */
  follow(server: SecureServer): void
  close(): void
}

export function readTls({ certPath, keyPath, clientCaPath }: TlsFiles): TlsRead {
  try {
    const options = {
      cert: readFileSync(certPath),
      key: readFileSync(keyPath),
      ...(clientCaPath === undefined
        ? {}
        : { ca: readFileSync(clientCaPath), requestCert: true, rejectUnauthorized: true }),
      minVersion: 'TLSv1.2',
    } as const
    // Throws where certificate and key are none, or not of each other.
    createSecureContext(options)
    return { ok: true, options }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      ok: false,
      mistake: `the certificate ${certPath} with the key ${keyPath} cannot be used: ${reason}`,
    }
  }
}

/** Words for the log where a certificate is about to end or has ended. */
export function expiryRemark(cert: string | Buffer, nowMs: number): string | undefined {
  const { subject, validTo } = new X509Certificate(cert)
  const leftMs = Date.parse(validTo) - nowMs
  if (leftMs > expirySoonMs) return undefined
  return `the certificate of ${subject} ${leftMs < 0 ? 'ended' : 'ends'} on ${validTo}: put a new one in its place`
}

export function watchTls(files: TlsFiles, options: UsableCertificate, log: FastifyBaseLogger): Tls {
  const servers: SecureServer[] = []
  const remark = ({ cert }: UsableCertificate): void => {
    const words = expiryRemark(cert, Date.now())
    if (words !== undefined) log.warn(words)
  }
  remark(options)
  const { certPath, keyPath, clientCaPath } = files
  const paths = [certPath, keyPath, ...(clientCaPath === undefined ? [] : [clientCaPath])]
  const watch = watchFiles(paths, () => {
    const read = readTls(files)
    if (read.ok) {
      for (const server of servers) server.setSecureContext(read.options)
      log.info({ paths }, 'the certificate has changed: new connections get the new one')
      remark(read.options)
    } else
      log.error(
        { paths, mistake: read.mistake },
        'the certificate has changed and cannot be used: the old one stays',
      )
  })
  return { options, follow: (server) => void servers.push(server), close: () => watch.close() }
}
