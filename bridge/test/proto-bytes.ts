// Small protobuf messages by hand, for what a receiver answers: [field, value]…, a number as varint, else bytes.

export type ProtoField = [number: number, value: number | string | Buffer]

export function proto(...fields: ProtoField[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number << 3), varint(value)]
      const bytes = Buffer.from(value)
      return [varint((number << 3) | 2), varint(bytes.length), bytes]
    }),
  )
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}

/** ExportTraceServiceResponse with a partial success. */
export const partialSuccess = (rejectedSpans: number, message: string): Buffer =>
  proto([1, proto([1, rejectedSpans], [2, message])])

/** google.rpc.Status, with a RetryInfo where `retryAfterMs` is given. */
export function rpcStatus(code: number, message: string, retryAfterMs?: number): Buffer {
  const wait = retryAfterMs ?? 0
  const duration = proto([1, Math.floor(wait / 1000)], [2, (wait % 1000) * 1_000_000])
  const retryInfo = proto([1, 'type.googleapis.com/google.rpc.RetryInfo'], [2, proto([1, duration])])
  const details: ProtoField[] = retryAfterMs === undefined ? [] : [[3, retryInfo]]
  return proto([1, code], [2, message], ...details)
}
