// The certificates of a destination: whom to trust, and what to show it. In: the paths of its entry; out: what the files
// hold, tried out together; mistakes are told to the caller.
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { usualTls } from '../forward/destination.ts'
import type { DestinationTls } from '../forward/destination.ts'

export type TlsPaths = {
  endpoint: string
  'ca-file'?: string | undefined
  'cert-file'?: string | undefined
  'key-file'?: string | undefined
}

export function destinationTls(entry: TlsPaths, tell: (mistake: string) => void): DestinationTls {
  const files = (['ca-file', 'cert-file', 'key-file'] as const).flatMap((field) =>
    entry[field] === undefined ? [] : [{ field, path: entry[field] }],
  )
  if (files.length === 0) return usualTls
  if (!entry.endpoint.startsWith('https:')) {
    for (const { field } of files) tell(`${field} is of no use: its endpoint is not https`)
  }
  if ((entry['cert-file'] === undefined) !== (entry['key-file'] === undefined)) {
    tell('a certificate to show needs both cert-file and key-file')
    return usualTls
  }
  const contents = files.map(({ field, path }) => ({ field, path, ...contentOf(path) }))
  for (const { field, path, mistake } of contents) {
    if (mistake !== undefined) tell(`${field} ${path} cannot be used: ${mistake}`)
  }
  if (contents.some(({ mistake }) => mistake !== undefined)) return usualTls
  const of = (wanted: string) => contents.find(({ field }) => field === wanted)?.content
  const tls = { ca: of('ca-file'), cert: of('cert-file'), key: of('key-file') }
  const mistake = unusable(tls)
  if (mistake !== undefined)
    tell(`${files.map(({ field, path }) => `${field} ${path}`).join(', ')} cannot be used: ${mistake}`)
  return tls
}

function contentOf(path: string): { content?: Buffer; mistake?: string } {
  try {
    return { content: readFileSync(path) }
  } catch (error) {
    return { mistake: wordsOf(error) }
  }
}

/** Where they are no certificates and keys, or not of each other. */
function unusable(tls: DestinationTls): string | undefined {
  try {
    createSecureContext(tls)
    return undefined
  } catch (error) {
    return wordsOf(error)
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
