import { expect, test } from 'vitest'
import { headsOf } from '../../test/heads.ts'
import { decodeSpans } from './span-decode.ts'

const field = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag, content.length]), content])

test('a span whose attributes are damaged is shown with its raw bytes, not hidden', () => {
  const head = Buffer.concat([
    field(0x0a, Buffer.alloc(16, 1)),
    field(0x12, Buffer.alloc(8, 2)),
    field(0x2a, Buffer.from('broken inside')),
  ])
  const damaged = field(0x4a, Buffer.from([0x0a, 0x7f]))
  const span = Buffer.concat([head, damaged])
  const body = field(0x0a, field(0x12, field(0x12, span)))
  expect(headsOf(body)[0]).toMatchObject({ name: 'broken inside' })
  const storedAs = { traceId: '01'.repeat(16), spanId: '02'.repeat(8), startUnixNano: 5n, durationNano: 6n }
  const shown = decodeSpans(body, () => ({
    ...storedAs,
    name: 'broken inside',
    source: 'otlp',
    service: 's',
  }))
  expect(shown).toMatchObject([
    {
      name: 'broken inside',
      startUnixNano: '5',
      attributes: [{ key: 'probespan.undecodable', value: { bytesValue: span.toString('base64') } }],
    },
  ])
})
