// An OTLP protobuf request to the same in OTLP/JSON. In slices, between which others come in turn: 8,000 spans at once
// would hold up the requests of senders for a tenth of a second. Throws UndecodableBody.
import { setImmediate } from 'node:timers/promises'
import { decodedOf, listOf } from '../otlp/decoded.ts'
import { jsonFromProtobuf } from '../otlp/json-write.ts'
import { splitSpans } from '../otlp/regroup.ts'

const sliceSpans = 200

export async function jsonRequest(body: Buffer): Promise<Buffer> {
  const resourceSpans: string[] = []
  for (const [index, slice] of splitSpans(body, sliceSpans).entries()) {
    if (index > 0) await setImmediate()
    const request = decodedOf(jsonFromProtobuf(slice.body))
    for (const each of listOf(request['resourceSpans'])) resourceSpans.push(JSON.stringify(each))
  }
  return Buffer.from(`{"resourceSpans":[${resourceSpans.join(',')}]}`)
}
