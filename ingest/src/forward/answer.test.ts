import { expect, test } from 'vitest'
import { rpcStatusDetails, statusAnswer, successAnswer } from '../receive/answer.ts'
import { explanationOf, oneLine, partialSuccessOf, retryInfoMs } from './answer.ts'

const partial = { rejectedSpans: 3, errorMessage: 'odd\nones' }

test('partial success is read in both encodings; any other answer rejects nothing', () => {
  for (const encoding of ['protobuf', 'json'] as const) {
    expect(partialSuccessOf(successAnswer(encoding, partial).body, encoding)).toEqual({
      spansRejected: 3,
      message: 'odd ones',
    })
    expect(partialSuccessOf(successAnswer(encoding, undefined).body, encoding)).toEqual({
      spansRejected: 0,
      message: '',
    })
    expect(partialSuccessOf(Buffer.from('<html>'), encoding).spansRejected).toBe(0)
  }
})

test('why it refuses: the message of a Status, or the text', () => {
  for (const encoding of ['protobuf', 'json'] as const) {
    expect(explanationOf(statusAnswer(encoding, 3, 'no').body, encoding)).toBe('no')
  }
  expect(explanationOf(Buffer.from('bad\r\ngateway\u001b[2J'), 'text')).toBe('bad gateway [2J')
  expect(explanationOf(Buffer.from([255, 254]), 'protobuf')).toBe('')
  expect(oneLine('x'.repeat(1_000))).toHaveLength(300)
})

test('RetryInfo is found among the details, and only that', () => {
  expect(retryInfoMs(rpcStatusDetails(14, 'busy', 1_250))).toBe(1_250)
  expect(retryInfoMs(statusAnswer('protobuf', 14, 'busy').body)).toBeUndefined()
  expect(retryInfoMs(Buffer.from('no status'))).toBeUndefined()
})
