// What the bridge says of a span that it is not an ordinary one, to the words for it: a short one for a badge, and a
// sentence. The attributes are those of bridge/README.md.
import type { Span } from '@probespan/ingest/wire'

export type Mark = { name: 'incomplete' | 'replay'; label: string; sentence: string }

/** Of `probespan.incomplete`; a reason that is not known here is shown as it is. */
const reasons = new Map([
  ['process_ended', 'its process ended'],
  ['tracing_ended', 'tracing ended first'],
  ['expired', 'its time ran out'],
  ['superseded', 'the next one of its key began'],
  ['evicted', 'too many were open'],
])

export const replayMark: Mark = {
  name: 'replay',
  label: 'replay',
  sentence: 'Played from a recording, not live',
}

export function marksOf({ attributes, resource }: Pick<Span, 'attributes' | 'resource'>): Mark[] {
  const reason = attributes.find(({ key }) => key === 'probespan.incomplete')?.value.stringValue
  return [
    ...(reason === undefined ? [] : [incomplete(reason)]),
    ...(isReplay(resource.attributes) || isReplay(attributes) ? [replayMark] : []),
  ]
}

function incomplete(reason: string): Mark {
  return {
    name: 'incomplete',
    label: 'incomplete',
    sentence: `No end of it was seen: ${reasons.get(reason) ?? reason}. Its duration is until then`,
  }
}

const isReplay = (attributes: Span['attributes']): boolean =>
  attributes.some(({ key, value }) => key === 'probespan.replay' && value.boolValue === true)
