import { status as code } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { grpcVerdict, httpVerdict } from './verdict.ts'

test('a wrong key or address never costs spans, a fault in the spans never holds up others', () => {
  const verdicts = [200, 204, 301, 400, 401, 403, 404, 408, 413, 415, 422, 429, 500, 501, 502, 503, 504, 507]
  expect(verdicts.map((status) => [status, httpVerdict(status)])).toEqual([
    [200, 'taken'],
    [204, 'taken'],
    [301, 'misconfigured'],
    [400, 'refused'],
    [401, 'misconfigured'],
    [403, 'misconfigured'],
    [404, 'misconfigured'],
    [408, 'failed'],
    [413, 'too_large'],
    [415, 'misconfigured'],
    [422, 'refused'],
    [429, 'later'],
    [500, 'failed'],
    [501, 'misconfigured'],
    [502, 'later'],
    [503, 'later'],
    [504, 'later'],
    [507, 'failed'],
  ])
})

test("gRPC's retryable codes are those of OTLP; RESOURCE_EXHAUSTED only with a time to come again", () => {
  const retryable = Object.values(code).filter(
    (each) => typeof each === 'number' && grpcVerdict(each, false) === 'later',
  )
  expect(retryable).toEqual([
    code.CANCELLED,
    code.DEADLINE_EXCEEDED,
    code.ABORTED,
    code.OUT_OF_RANGE,
    code.UNAVAILABLE,
    code.DATA_LOSS,
  ])
  expect(grpcVerdict(code.RESOURCE_EXHAUSTED, true)).toBe('later')
  expect(grpcVerdict(code.RESOURCE_EXHAUSTED, false)).toBe('too_large')
  expect(grpcVerdict(code.INVALID_ARGUMENT, false)).toBe('refused')
  expect(grpcVerdict(code.UNAUTHENTICATED, false)).toBe('misconfigured')
})
