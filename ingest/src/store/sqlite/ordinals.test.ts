import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ordinals } from './ordinals.ts'

const ordinals = new Ordinals()

test('equal bytes have one number wherever they lie, others another, in the order of coming', () => {
  const texts = fc.array(fc.uint8Array({ maxLength: 20, max: 2 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(texts, (given) => {
      const bytes = Buffer.concat(given)
      ordinals.begin(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), given.length)
      const known = new Map<string, number>()
      let at = 0
      for (const text of given) {
        const name = Buffer.from(text).toString('hex')
        expect(ordinals.find(at, text.length)).toBe(known.get(name) ?? -1)
        if (!known.has(name)) known.set(name, known.size)
        expect(ordinals.of(at, text.length)).toBe(known.get(name))
        at += text.length
      }
      expect(ordinals.count).toBe(known.size)
    }),
  )
})
