// The bounds of the service in one place, each with its reason.

/** Of one request, compressed and again decompressed: what the OTLP specification recommends. */
export const requestBytesMax = 64 * 2 ** 20
/** Of bodies waiting to be written: two requests of the largest kind, before senders are told to wait. */
export const queueBytesMax = 128 * 2 ** 20
/**
 * Of requests held at one time, from their first byte to their answer: PROBESPAN_INTAKE_BYTES_MAX. The least lets one
 * request of the largest kind through as sent, unpacked, and converted from JSON.
 */
export const intakeBytes = { standard: 256 * 2 ** 20, min: 3 * requestBytesMax }
/** What a sender is told to wait when the queue is full: some two hundred commits. */
export const busyRetryAfterMs = 1_000
/** Ends requests that hang in the middle of being sent. */
export const requestTimeoutMs = 60_000
/**
 * An idle connection stays open: longer than exporters pause (Beyla 15 s) and load balancers wait (60 s), since one that
 * closes first fails the request that was just being sent.
 */
export const keepAliveMs = 75_000
/** For requests under way when the service is told to end; container engines kill after 10 s. */
export const closeGraceMs = 5_000
/** Open at one time on each listener; more are closed as they come. Far more than a machine's senders need. */
export const connectionsMax = 4_096
/** gRPC calls under way on one connection: senders wait with the next ones. */
export const streamsMax = 256
