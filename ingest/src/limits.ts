// The bounds of the service in one place, each with its reason.

/** Of one request, compressed and again decompressed: what the OTLP specification recommends. */
export const requestBytesMax = 64 * 2 ** 20
/** Of bodies waiting to be written: two requests of the largest kind, before senders are told to wait. */
export const queueBytesMax = 128 * 2 ** 20
/** What a sender is told to wait when the queue is full: some two hundred commits. */
export const retryAfterSeconds = 1
/** Ends requests that hang in the middle of being sent. */
export const requestTimeoutMs = 60_000
/** For requests under way when the service is told to end; container engines kill after 10 s. */
export const closeGraceMs = 5_000
