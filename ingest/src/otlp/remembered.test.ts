import { expect, test } from 'vitest'
import { remembered } from './remembered.ts'
import { WireReader } from './wire-reader.ts'

const whole = (text: string) => [new WireReader(Buffer.from(text)), [{ start: 0, end: text.length }]] as const

test('the same bytes are read once, wherever they lie; others anew', () => {
  const read: string[] = []
  const of = remembered((message) => {
    read.push(message.toString())
    return read.length
  })
  expect(of(...whole('one'))).toBe(1)
  expect(of(new WireReader(Buffer.from('another one')), [{ start: 8, end: 11 }])).toBe(1)
  expect(of(...whole('two'))).toBe(2)
  expect(of(...whole('one'))).toBe(1)
  expect(read).toEqual(['one', 'two'])
})

test('what a body is overwritten with afterwards changes nothing', () => {
  const of = remembered((message) => message.toString())
  const bytes = Buffer.from('before')
  expect(of(new WireReader(bytes), [{ start: 0, end: 6 }])).toBe('before')
  bytes.write('behind')
  expect(of(new WireReader(bytes), [{ start: 0, end: 6 }])).toBe('behind')
  expect(of(...whole('before'))).toBe('before')
})

test('a message in several slices is one; an absent one is empty', () => {
  const of = remembered((message) => message.toString())
  const reader = new WireReader(Buffer.from('ab--cd'))
  const slices = [
    { start: 0, end: 2 },
    { start: 4, end: 6 },
  ]
  expect(of(reader, slices)).toBe('abcd')
  expect(of(reader, [])).toBe('')
})

test('what throws is asked again', () => {
  let fails = true
  const of = remembered(() => {
    if (fails) throw new Error('unreadable')
    return 'read'
  })
  expect(() => of(...whole('x'))).toThrow('unreadable')
  fails = false
  expect(of(...whole('x'))).toBe('read')
})
