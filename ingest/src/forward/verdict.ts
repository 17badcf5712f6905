// What a destination's status says about a batch: to be sent again, later or smaller, or not. OTLP/HTTP statuses and gRPC
// codes to one table of verdicts; beyond OTLP's "everything else is final" it tells whose fault it is, since a wrong key
// must not cost the spans. Pure.
import { status as code } from '@grpc/grpc-js'

export type Verdict =
  | 'taken'
  /** The destination is away, or wants to be left alone for a while. */
  | 'later'
  /** It will not have any spans: key, address, protocol or compression are wrong. Kept until that is put right. */
  | 'misconfigured'
  /** It fails at them, perhaps by its own fault: tried a few times, then as `refused`. */
  | 'failed'
  /** Smaller batches may pass. */
  | 'too_large'
  /** Something in these spans: final. */
  | 'refused'

const httpVerdicts: Readonly<Record<Exclude<Verdict, 'taken' | 'failed' | 'refused'>, readonly number[]>> = {
  later: [429, 502, 503, 504],
  misconfigured: [401, 402, 403, 404, 405, 406, 407, 410, 411, 415, 417, 421, 426, 431, 501, 505, 511],
  too_large: [413],
}
const timeouts: readonly number[] = [408, 425]

export function httpVerdict(status: number): Verdict {
  if (status >= 200 && status <= 299) return 'taken'
  for (const verdict of ['later', 'misconfigured', 'too_large'] as const) {
    if (httpVerdicts[verdict].includes(status)) return verdict
  }
  // A redirect would carry the headers, and the key in them, elsewhere: it is not followed.
  if (status < 400) return 'misconfigured'
  return status >= 500 || timeouts.includes(status) ? 'failed' : 'refused'
}

const grpcVerdicts: ReadonlyMap<number, Verdict> = new Map([
  ...[code.CANCELLED, code.DEADLINE_EXCEEDED, code.ABORTED].map((each) => [each, 'later'] as const),
  ...[code.OUT_OF_RANGE, code.UNAVAILABLE, code.DATA_LOSS].map((each) => [each, 'later'] as const),
  ...[code.UNAUTHENTICATED, code.PERMISSION_DENIED].map((each) => [each, 'misconfigured'] as const),
  ...[code.UNIMPLEMENTED, code.NOT_FOUND].map((each) => [each, 'misconfigured'] as const),
  ...[code.UNKNOWN, code.INTERNAL].map((each) => [each, 'failed'] as const),
])

const [ok, exhausted]: number[] = [code.OK, code.RESOURCE_EXHAUSTED]

/** `asksToWait`: whether a RetryInfo came with it. */
export function grpcVerdict(found: number, asksToWait: boolean): Verdict {
  if (found === ok) return 'taken'
  // Without a time to come again it is the message that exhausts them: their limit is 4 MiB unless set otherwise.
  if (found === exhausted) return asksToWait ? 'later' : 'too_large'
  return grpcVerdicts.get(found) ?? 'refused'
}
