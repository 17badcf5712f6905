// A batch of spans as the bytes of one ExportTraceServiceRequest: what waits, what is spooled and what is sent.

export type EncodedBatch = { bytes: Buffer; spanCount: number }

/** The largest request: what gRPC servers take if nobody told them otherwise. */
export const requestBytesMax = 4 * 1024 * 1024
