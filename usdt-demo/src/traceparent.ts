// In: a request's `traceparent` header. Out: the header if it is well formed, else undefined.
// Source: W3C Trace Context, section 3.2: one that is malformed or has an id of zeros counts as none. 55 bytes.
const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

export function parseTraceparent(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && form.test(header) ? header : undefined
}
