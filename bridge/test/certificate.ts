// A certificate that vouches for itself, for receivers of the tests: made by openssl, valid for a day.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export type Certificate = {
  key: Buffer
  cert: Buffer
  /** The certificate's file, to be trusted by. */
  file: string
}

/** `name` is what it is for, such as `IP:127.0.0.1` or `DNS:example.org`. */
export function certificateFor(name: string, folder: string): Certificate {
  const [key, file] = [`${folder}/key.pem`, `${folder}/certificate.pem`]
  const subject = ['-subj', '/CN=probespan-test', '-addext', `subjectAltName=${name}`, '-days', '1']
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', file]
  execFileSync('openssl', ['req', '-x509', ...subject, ...made], { stdio: 'ignore' })
  return { key: readFileSync(key), cert: readFileSync(file), file }
}
