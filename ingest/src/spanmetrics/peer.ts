// Whom a span says that it talks to, where no span of the other side tells: from attributes of both generations of
// names. In: a span's attributes; out: a name, and whether it is a database. Empty values count as absent: Beyla sends
// such.

export type Peer = { name: string; isDatabase: boolean }

const named = ['peer.service', 'service.peer.name'] as const
const database = ['db.system.name', 'db.system', 'db.namespace', 'db.name'] as const
const address = 'server.address'

/** All that are looked at. */
export const peerKeys: ReadonlySet<string> = new Set([...named, ...database, address])

type Attributes = ReadonlyMap<string, string>

/** Of a client's or producer's span: the service, else the address, else the database's own name, else its kind. */
export function calledPeer(attributes: Attributes): Peer | undefined {
  const isDatabase = database.some((key) => hasText(attributes, key))
  const name =
    firstOf(attributes, [...named, address]) ??
    firstOf(attributes, ['db.namespace', 'db.name', 'db.system.name', 'db.system'])
  return name === undefined ? undefined : { name, isDatabase }
}

/** Of a root span on the server's side: who called it. Its own address is none of that. */
export function callingPeer(attributes: Attributes): string | undefined {
  return firstOf(attributes, named)
}

const hasText = (attributes: Attributes, key: string): boolean => (attributes.get(key) ?? '') !== ''

function firstOf(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) if (hasText(attributes, key)) return attributes.get(key)
  return undefined
}
