// An OTLP protobuf request to the same in OTLP/JSON. In slices, between which others come in turn: 8,000 spans at once
// would hold up the requests of senders for a tenth of a second. Throws UndecodableBody.
import { setImmediate } from 'node:timers/promises'
import { decodedOf, listOf } from '../otlp/decoded.ts'
import { jsonFromProtobuf } from '../otlp/json-write.ts'
import { splitSpans } from '../otlp/regroup.ts'

const sliceSpans = 200
const opening = Buffer.from('{"resourceSpans":[')
const separator = Buffer.from(',')
const closing = Buffer.from(']}')

export async function jsonRequest(body: Buffer): Promise<Buffer> {
  const written: Buffer[] = []
  for (const [index, slice] of splitSpans(body, sliceSpans).entries()) {
    if (index > 0) await setImmediate()
    const { resourceSpans } = decodedOf(jsonFromProtobuf(slice.body))
    for (const each of listOf(resourceSpans)) {
      if (written.length > 0) written.push(separator)
      written.push(Buffer.from(JSON.stringify(each)))
    }
  }
  return Buffer.concat([opening, ...written, closing])
}
