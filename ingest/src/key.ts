// Who may enter: a check of the API key in a request's headers, in constant time. No key configured: everyone.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { RequestFault } from './faults.ts'

/** Throws RequestFault `key_invalid`. */
export type KeyCheck = (headers: IncomingHttpHeaders) => void

export function createKeyCheck(apiKey: string | undefined): KeyCheck {
  if (apiKey === undefined) return () => {}
  const wanted = digest(apiKey)
  return (headers) => {
    const given = givenKey(headers)
    if (given === undefined) {
      throw new RequestFault(
        'key_invalid',
        'an API key is needed: send it as "X-API-Key: KEY" or "Authorization: Bearer KEY".',
      )
    }
    if (!timingSafeEqual(digest(given), wanted)) {
      throw new RequestFault(
        'key_invalid',
        'the API key sent is not the one this service was given as TRACES_INGESTION_API_KEY.',
      )
    }
  }
}

function givenKey(headers: IncomingHttpHeaders): string | undefined {
  const direct = headers['x-api-key']
  if (typeof direct === 'string') return direct
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
}

// Digests have one length, whatever was sent: comparing them tells nothing about the key's.
const digest = (key: string): Buffer => createHash('sha256').update(key).digest()
