import { expect, test } from 'vitest'
import { createHealth } from '../health.ts'
import { healthAnswer } from './grpc-health.ts'

test('it says what /readyz says, and stops saying it when a commit succeeds', () => {
  const health = createHealth()
  const status = () => [...healthAnswer(Buffer.alloc(0), ['a.B'], health)]
  expect(status()).toEqual([0x08, 1])
  health.commitFailed('the disk is full')
  expect(status()).toEqual([0x08, 2])
  health.committed()
  expect(status()).toEqual([0x08, 1])
})

test('a body that is no request, and a service that is not here, are refused with words', () => {
  const health = createHealth()
  expect(() => healthAnswer(Buffer.from([0x0a, 99]), ['a.B'], health)).toThrow(/no HealthCheckRequest/)
  expect(() => healthAnswer(Buffer.from([0x0a, 1, 0x78]), ['a.B'], health)).toThrow(
    /"x" is no service here: ask for a\.B/,
  )
})
