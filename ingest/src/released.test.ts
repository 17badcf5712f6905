import { expect, test } from 'vitest'
import { releaseMemory } from './released.ts'

test('a large buffer of its own is empty afterwards', () => {
  const own = Buffer.allocUnsafeSlow(200_000)
  releaseMemory(own)
  expect(own).toHaveLength(0)
})

test('memory that another buffer looks at stays', () => {
  const whole = Buffer.allocUnsafeSlow(200_000).fill(7)
  releaseMemory(whole.subarray(0, 150_000))
  expect(whole[0]).toBe(7)
  const small = Buffer.from('small')
  releaseMemory(small)
  expect(String(small)).toBe('small')
})
