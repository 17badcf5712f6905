// What would break: a cut-off span that looks like a whole one, or a recording that is taken for live.
import { expect, test } from 'vitest'
import { marksOf } from './marks.ts'

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const replay = { key: 'probespan.replay', value: { boolValue: true } }
const marks = (attributes: Parameters<typeof marksOf>[0]['attributes'], resource: typeof attributes = []) =>
  marksOf({ attributes, resource: { attributes: resource } }).map(({ name, sentence }) => [name, sentence])

test('an ordinary span has none', () => {
  expect(marks([text('db.query.text', 'SELECT 1')], [text('service.name', 'shop')])).toEqual([])
  expect(marks([], [{ key: 'probespan.replay', value: { boolValue: false } }])).toEqual([])
})

test.each([
  ['process_ended', /its process ended/],
  ['tracing_ended', /tracing ended first/],
  ['expired', /time ran out/],
  ['superseded', /the next one/],
  ['evicted', /too many/],
  ['something_new', /something_new/],
])('a span without an end says why: %s', (reason, words) => {
  expect(marks([text('probespan.incomplete', reason)])).toEqual([
    ['incomplete', expect.stringMatching(words)],
  ])
})

test('a span of a recording says so, wherever it stands; both may be', () => {
  expect(marks([], [replay])).toEqual([['replay', 'Played from a recording, not live']])
  expect(marks([replay, text('probespan.incomplete', 'expired')]).map(([name]) => name)).toEqual([
    'incomplete',
    'replay',
  ])
})
