// The protobuf of a google.rpc.Status, as OTLP receivers explain themselves with, to its message and the wait that a
// RetryInfo among its details asks for. Bad bytes give undefined: an explanation is no reason to fail.

export type RpcStatus = { message: string; retryAfterMs?: number }

type Field = { number: number; value: bigint | Buffer }

const retryInfoType = /(^|\/)google\.rpc\.RetryInfo$/
const varintBytesMax = 10

export function readRpcStatus(bytes: Buffer): RpcStatus | undefined {
  const status = fieldsOf(bytes)
  if (!status) return undefined
  const retryAfterMs = status.filter(({ number }) => number === 3).map(retryAfterOf)
  const wait = retryAfterMs.find((each) => each !== undefined)
  return { message: textOf(status, 2), ...(wait !== undefined && { retryAfterMs: wait }) }
}

/** A detail is an Any: a type and bytes. RetryInfo holds a Duration: seconds and nanoseconds. */
function retryAfterOf({ value }: Field): number | undefined {
  const detail = typeof value === 'bigint' ? undefined : fieldsOf(value)
  if (!detail || !retryInfoType.test(textOf(detail, 1))) return undefined
  const duration = messageOf(messageOf(detail, 2) ?? [], 1)
  if (!duration) return undefined
  const ms = Number(integerOf(duration, 1)) * 1000 + Number(integerOf(duration, 2)) / 1e6
  return Math.max(0, ms)
}

function messageOf(fields: readonly Field[], number: number): Field[] | undefined {
  const value = fields.findLast((field) => field.number === number)?.value
  return value instanceof Buffer ? fieldsOf(value) : undefined
}

function textOf(fields: readonly Field[], number: number): string {
  const value = fields.findLast((field) => field.number === number)?.value
  return value instanceof Buffer ? value.toString('utf8') : ''
}

function integerOf(fields: readonly Field[], number: number): bigint {
  const value = fields.findLast((field) => field.number === number)?.value
  return typeof value === 'bigint' ? BigInt.asIntN(64, value) : 0n
}

function fieldsOf(bytes: Buffer): Field[] | undefined {
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint | undefined => {
    let value = 0n
    for (let index = 0; index < varintBytesMax; index += 1) {
      const byte = bytes[at++]
      if (byte === undefined) return undefined
      value |= BigInt(byte & 0x7f) << BigInt(7 * index)
      if (byte < 0x80) return value
    }
    return undefined
  }
  while (at < bytes.length) {
    const tag = varint()
    if (tag === undefined) return undefined
    const wireType = Number(tag & 7n)
    const length = wireType === 1 ? 8n : wireType === 5 ? 4n : varint()
    if (length === undefined || wireType === 3 || wireType === 4) return undefined
    const number = Number(tag >> 3n)
    if (wireType === 0) {
      fields.push({ number, value: length })
      continue
    }
    const end = at + Number(length)
    if (end > bytes.length) return undefined
    fields.push({ number, value: bytes.subarray(at, end) })
    at = end
  }
  return fields
}
