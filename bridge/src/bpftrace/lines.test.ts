// What would break: spans lost or garbled where a chunk of the pipe happens to be cut, or memory without bound.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineBytesMaxDefault, LineSplitter, lineText, type OnLine } from './lines.ts'

type Outcome = { lines: string[]; overlong: number }

function split(bytes: Buffer, cuts: readonly number[], lineBytesMax: number): Outcome {
  const splitter = new LineSplitter(lineBytesMax)
  const lines: string[] = []
  const onLine: OnLine = (...line) => void lines.push(lineText(...line))
  let from = 0
  for (const to of [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    splitter.push(bytes.subarray(from, to), onLine)
    from = to
  }
  splitter.end(onLine)
  return { lines, overlong: splitter.overlong }
}

test('any chunking of the bytes gives the same lines and drops the same ones', () => {
  const line = fc
    .uint8Array({ maxLength: 30 })
    .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10)))
  const stream = fc.array(line, { maxLength: 20 })
  const cuts = fc.array(fc.nat(), { maxLength: 30 })
  fc.assert(
    fc.property(stream, cuts, fc.boolean(), (lines, cuts, finished) => {
      const bytes = Buffer.concat(lines.flatMap((each) => [each, Buffer.from('\n')]))
      const whole = finished ? bytes : bytes.subarray(0, -1)
      const expected = lines.filter((each) => each.length > 0 && each.length <= 20)
      expect(split(whole, cuts, 20)).toEqual({
        lines: expected.map((each) => each.toString('latin1')),
        overlong: lines.filter((each) => each.length > 20).length,
      })
    }),
  )
})

test('bytes above 0x7f survive a cut in the middle of a character', () => {
  const { lines } = split(Buffer.from('é☕\n'), [1, 3, 4], 100)
  expect(Buffer.from(lines[0] ?? '', 'latin1').toString()).toBe('é☕')
})

test('a line beyond the bound is dropped and counted once, the lines around it are intact', () => {
  const bytes = Buffer.from(`before\n${'x'.repeat(5000)}\nafter\n`)
  for (let size = 1; size <= bytes.length; size += 7) {
    const cuts = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => index * size)
    expect(split(bytes, cuts, 100)).toEqual({ lines: ['before', 'after'], overlong: 1 })
  }
})

test('what is held of a line without an end is bounded', () => {
  const splitter = new LineSplitter(1000)
  const none: OnLine = () => expect.unreachable('it has no end')
  for (let chunk = 0; chunk < 100; chunk += 1) splitter.push(Buffer.alloc(500, 'x'), none)
  expect(splitter.overlong).toBe(1)
  splitter.end(none)
})

test('a line exactly at the bound is kept; the default bound takes a megabyte', () => {
  expect(split(Buffer.from('x'.repeat(20)), [], 20)).toEqual({ lines: ['x'.repeat(20)], overlong: 0 })
  const line = 'x'.repeat(2 ** 20)
  expect(split(Buffer.from(`${line}\n`), [], lineBytesMaxDefault)).toEqual({ lines: [line], overlong: 0 })
})

test('blank lines (bpftrace prints two before the maps) are passed over', () => {
  expect(split(Buffer.from('a\n\n\nb\n'), [], 20)).toEqual({ lines: ['a', 'b'], overlong: 0 })
})
