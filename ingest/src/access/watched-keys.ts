// The keys that count, kept as their file is: read again when it changes. A new file with mistakes changes nothing but
// the log, so that a slip of the pen locks nobody out.
import type { FastifyBaseLogger } from 'fastify'
import { watchFiles } from '../file-watch.ts'
import type { FileWatch } from '../file-watch.ts'
import { readKeyFile } from './key-file.ts'
import type { Key, RateLimit } from './key.ts'
import type { KeyRing } from './key-ring.ts'

export type WatchedKeys = {
  path: string
  /** Those that come from elsewhere and stay. */
  otherKeys: readonly Key[]
  rate: RateLimit
}

export function watchKeys(
  ring: KeyRing,
  { path, otherKeys, rate }: WatchedKeys,
  log: FastifyBaseLogger,
): FileWatch {
  return watchFiles([path], () => {
    const read = readKeyFile(path, rate)
    if (read.ok) {
      ring.replace([...otherKeys, ...read.keys])
      log.info(
        { path, keys: read.keys.map(({ name }) => name) },
        'the file of keys has changed: it counts from now on',
      )
    } else {
      log.error(
        { path, mistakes: read.mistakes },
        'the file of keys has changed and has mistakes: the old keys stay',
      )
    }
  })
}
