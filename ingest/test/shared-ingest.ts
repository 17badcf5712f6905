// One ingest for all tests of a file that only ask it, filled once: starting one for each takes a second. Call at a file's
// top level.
import { beforeAll, expect } from 'vitest'
import type { Ingest } from '../src/index.ts'
import { post, protobufType, startForAll } from './running.ts'

export type Shared = { url: () => string; grpcUrl: () => string }

/** `requests`: OTLP bodies to be stored before the first test. */
export function sharedIngest(requests: readonly Buffer[]): Shared {
  let ingest: Ingest | undefined
  beforeAll(async () => {
    ingest = await startForAll({ PROBESPAN_OTLP_GRPC_PORT: '0' })
    for (const request of requests) {
      expect((await post(`${ingest.url}/v1/traces`, request, protobufType)).status).toBe(200)
    }
    return ingest.close
  })
  const running = (): Ingest => {
    if (ingest === undefined) throw new Error('ingest runs while tests run')
    return ingest
  }
  return { url: () => running().url, grpcUrl: () => running().otlpGrpcUrl ?? '' }
}
