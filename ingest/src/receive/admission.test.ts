import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestFault } from '../faults.ts'
import { createAdmission } from './admission.ts'

const limits = { bytesMax: 100, requestBytesMax: 100, requestTimeoutMs: 1_000 }

test('the bound is for all together, and what is freed can be taken again', () => {
  const admission = createAdmission(limits)
  const [first, second] = [admission.open(), admission.open()]
  first.add(60)
  second.add(40)
  expect(() => second.add(1)).toThrow(/100 bytes of requests are under way.*PROBESPAN_INTAKE_BYTES_MAX/)
  first.free()
  second.add(60)
  expect(admission.heldBytes).toBe(100)
  // A body that goes on coming after its answer is not held by anybody.
  expect(() => first.add(1)).toThrow('holds nothing any more')
})

test('whatever is added and freed, never more than the bound is held, and nothing in the end', () => {
  const steps = fc.array(fc.tuple(fc.nat(9), fc.option(fc.nat(60))), { maxLength: 200 })
  fc.assert(
    fc.property(steps, (requests) => {
      const admission = createAdmission(limits)
      const leases = Array.from({ length: 10 }, () => admission.open())
      for (const [at, bytes] of requests) {
        const outcome = faultOf(() => (bytes === null ? leases[at]?.free() : leases[at]?.add(bytes)))
        expect([undefined, RequestFault, Error]).toContain(outcome)
        expect(admission.heldBytes).toBeLessThanOrEqual(100)
      }
      for (const lease of leases) lease.free()
      expect(admission.heldBytes).toBe(0)
    }),
  )
})

function faultOf(act: () => void): unknown {
  try {
    act()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.constructor : error
  }
}
