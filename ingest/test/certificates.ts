// Certificates for tests, made by the system's openssl: an authority, and what it signs. RSA-free, so that it is quick.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Pair = { certPath: string; keyPath: string }

const openssl = (args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export function createAuthority(folder: string, name: string): Pair {
  const pair = pairIn(folder, name)
  const subject = ['-subj', `/CN=${name}`, '-days', '2']
  openssl(['req', '-x509', ...newKey, '-keyout', pair.keyPath, '-out', pair.certPath, ...subject])
  return pair
}

/** For 127.0.0.1; `name` is the subject, and the files' name unless `to` says where they go. */
export function createCertificate(
  folder: string,
  name: string,
  authority: Pair,
  to = pairIn(folder, name),
): Pair {
  const request = join(folder, `${name}.csr`)
  const extensions = join(folder, `${name}.ext`)
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\n')
  openssl(['req', ...newKey, '-keyout', to.keyPath, '-out', request, '-subj', `/CN=${name}`])
  const signed = ['-CA', authority.certPath, '-CAkey', authority.keyPath, '-CAcreateserial', '-days', '2']
  openssl(['x509', '-req', '-in', request, ...signed, '-extfile', extensions, '-out', to.certPath])
  return to
}

function pairIn(folder: string, name: string): Pair {
  return { certPath: join(folder, `${name}.pem`), keyPath: join(folder, `${name}.key`) }
}
