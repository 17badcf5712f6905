// Who may do what: finds the grant of the key in a request's headers. Takes the same time whichever key is right or
// nearly right: keys are looked up by a digest that nobody outside can compute, under a secret of this process.
// No keys at all: everyone may do everything.
import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { RequestFault } from '../faults.ts'
import { digestOf } from './key.ts'
import type { Grant, Key, Permission } from './key.ts'

export type KeyRing = {
  /** Throws RequestFault `key_invalid`, `key_forbidden`. */
  grantOf(headers: IncomingHttpHeaders, needed: Permission): Grant
  /** Whose key it is, whatever it may; undefined: of nobody known here. */
  nameOf(headers: IncomingHttpHeaders): string | undefined
  /** Whether a text is one of the keys: then it must not be written down. */
  isKey(text: string): boolean
  /** From now on these keys count, and no others. */
  replace(keys: readonly Key[]): void
}

/** `everyone` is what is granted where there are no keys. */
export function createKeyRing(keys: readonly Key[], everyone: Grant): KeyRing {
  const secret = randomBytes(32)
  const blinded = (sha256: Buffer): string => createHmac('sha256', secret).update(sha256).digest('base64')
  const index = (of: readonly Key[]) => new Map(of.map((key) => [blinded(key.sha256), key]))
  let grants: ReadonlyMap<string, Grant> = index(keys)
  return {
    grantOf(headers, needed) {
      if (grants.size === 0) return everyone
      const given = givenKey(headers)
      if (given === undefined) throw keyMissing()
      const grant = grants.get(blinded(digestOf(given)))
      if (grant === undefined) throw keyUnknown()
      if (!grant.may.includes(needed)) throw forbidden(grant, needed)
      return grant
    },
    nameOf(headers) {
      if (grants.size === 0) return everyone.name
      const given = givenKey(headers)
      return given === undefined ? undefined : grants.get(blinded(digestOf(given)))?.name
    },
    isKey: (text) => grants.has(blinded(digestOf(text))),
    replace(next) {
      grants = index(next)
    },
  }
}

function givenKey(headers: IncomingHttpHeaders): string | undefined {
  const direct = headers['x-api-key']
  // The header that is there counts, even where the other would have been right.
  if (typeof direct === 'string') return direct
  const [, scheme, text] = /^(Bearer|Basic) +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  return scheme?.toLowerCase() === 'basic' ? passwordOf(text ?? '') : text
}

/** For clients that know no other way, such as data sources of Grafana; whatever the user is called. */
function passwordOf(base64: string): string | undefined {
  return /^[^:]*:(.+)$/s.exec(Buffer.from(base64, 'base64').toString('utf8'))?.[1]
}

function keyMissing(): RequestFault {
  return new RequestFault(
    'key_invalid',
    'an API key is needed: send it as "X-API-Key: KEY" or "Authorization: Bearer KEY", or as the password of Basic.',
  )
}

function keyUnknown(): RequestFault {
  return new RequestFault(
    'key_invalid',
    'the API key sent is none of those that this service was given (TRACES_INGESTION_API_KEY, PROBESPAN_KEYS_FILE).',
  )
}

function forbidden({ name, may }: Grant, needed: Permission): RequestFault {
  return new RequestFault(
    'key_forbidden',
    `the API key "${name}" may not ${verbs[needed]} here, only ${may.map((permission) => verbs[permission]).join(' and ')}.`,
  )
}

const verbs: Readonly<Record<Permission, string>> = {
  write: 'send traces',
  read: 'read them',
  admin: 'administer',
}
