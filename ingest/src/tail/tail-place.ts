// How far a tail's reader has come: all spans up to and with a block, and so many of those that fit of what comes
// behind it. Written `41` or `41+3`: the ids of events, which a reader sends back as `Last-Event-ID`. Pure.
export type TailPlace = { block: number; done: number }

export function placeId({ block, done }: TailPlace): string {
  return done === 0 ? String(block) : `${block}+${done}`
}

/** Undefined: it is no place. */
export function readPlace(id: string): TailPlace | undefined {
  const [, block, done] = /^(\d{1,15})(?:\+(\d{1,9}))?$/.exec(id) ?? []
  return block === undefined ? undefined : { block: Number(block), done: Number(done ?? 0) }
}
