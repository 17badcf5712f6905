// What would break: a caller's trace that is not joined, or spans with ids that no OpenTelemetry receiver accepts.
import { expect, test } from 'vitest'
import { parseTraceparent } from './traceparent.ts'

const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('a well formed header passes as it is', () => {
  expect(parseTraceparent(good)).toBe(good)
})

test.each([
  ['none', undefined],
  ['two of them', [good, good]],
  ['empty', ''],
  ['upper case', good.toUpperCase()],
  ['version ff', good.replace(/^00/, 'ff')],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
  ['a span id of zeros', `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`],
  ['something behind', `${good}-x`],
  ['a line end', `${good}\n`],
])('%s counts as none', (_name, header) => {
  expect(parseTraceparent(header)).toBeUndefined()
})
