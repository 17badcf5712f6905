// What would break: an explanation of the receiver that is not shown, its wait not kept, or a bridge that falls over
// bytes that are neither.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { proto, rpcStatus } from '../../test/proto-bytes.ts'
import { readRpcStatus } from './rpc-status.ts'

test('message and wait', () => {
  expect(readRpcStatus(rpcStatus(14, 'überlastet'))).toEqual({ message: 'überlastet' })
  expect(readRpcStatus(rpcStatus(14, 'busy', 2500))).toEqual({ message: 'busy', retryAfterMs: 2500 })
  expect(readRpcStatus(Buffer.alloc(0))).toEqual({ message: '' })
})

test('details of other kinds are passed over', () => {
  const other = proto([1, 'type.googleapis.com/google.rpc.DebugInfo'], [2, proto([1, 'x'])])
  const named = proto([1, 'example.com/not.google.rpc.RetryInfo'], [2, proto([1, proto([1, 9])])])
  expect(readRpcStatus(Buffer.concat([proto([3, other], [3, named]), rpcStatus(8, 'm', 1)]))).toEqual({
    message: 'm',
    retryAfterMs: 1,
  })
})

test('any bytes: something or undefined, never an exception; a message cut short is none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const status = readRpcStatus(Buffer.from(bytes))
      expect(status === undefined || typeof status.message === 'string').toBe(true)
    }),
  )
  const whole = rpcStatus(8, 'message', 2500)
  expect(readRpcStatus(whole.subarray(0, whole.length - 1))).toBeUndefined()
})
