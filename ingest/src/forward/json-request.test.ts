import { expect, test } from 'vitest'
import { hexId, requestOf } from '../../test/sample.ts'
import { protobufFromJson } from '../otlp/json.ts'
import { selectSpans } from '../otlp/regroup.ts'
import { jsonRequest } from './json-request.ts'

test('a request of any size is one JSON document with the same spans', async () => {
  for (const spans of [0, 1, 200, 201, 450]) {
    const body = requestOf(
      Array.from({ length: spans }, (_, index) => ({ traceId: hexId(1, 32), spanId: hexId(index + 1, 16) })),
    )
    const json = (await jsonRequest(body)).toString()
    expect(protobufFromJson(json).body).toEqual(selectSpans(body, () => true))
  }
})
