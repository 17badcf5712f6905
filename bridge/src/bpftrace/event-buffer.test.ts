// What would break: a buffer of bpftrace's own default, which loses a burst; one of a size that it refuses; or one for
// each of a hundred CPUs that takes the machine's memory.
import { expect, test } from 'vitest'
import { eventBufferOf } from './event-buffer.ts'

const shared = { major: 0, minor: 19, patch: 0 }
const oneACpu = { major: 0, minor: 18, patch: 0 }
const mib = 2 ** 20

test('one buffer of all CPUs', () => {
  expect(eventBufferOf(shared, 64, undefined)).toEqual({ pages: 4096, bytes: 16 * mib })
})

test.each([
  [1, 512, 2],
  [2, 512, 4],
  [12, 256, 12],
  [64, 64, 16],
  [256, 64, 64],
])('a buffer a CPU, of %i CPUs: %i pages each', (cpus, pages, inAll) => {
  expect(eventBufferOf(oneACpu, cpus, undefined)).toEqual({ pages, bytes: inAll * mib })
})

test('the user chooses', () => {
  expect(eventBufferOf(shared, 2, '64')).toEqual({ pages: 64, bytes: mib / 4 })
  expect(eventBufferOf(oneACpu, 2, '64')).toEqual({ pages: 64, bytes: mib / 2 })
})
