// The bounds of the service in one place, each with its reason.

/**
 * Of one request, compressed and again decompressed, unless PROBESPAN_REQUEST_BYTES_MAX says otherwise: what the OTLP
 * specification recommends. As JSON so much takes some 700 MB of memory while it is read.
 */
export const requestBytesMax = 64 * 2 ** 20
/** What it may be set to: below, a batch of an SDK might not fit; above, not into one string of JavaScript. */
export const requestBytesRange = { min: 2 ** 20, max: 256 * 2 ** 20 }
/** Of bodies waiting to be written: two requests of the largest kind, before senders are told to wait. */
export const queueBytesMax = 128 * 2 ** 20
/** Of requests held at one time, from their first byte to their answer, unless PROBESPAN_INTAKE_BYTES_MAX says otherwise. */
export const intakeBytesMax = 256 * 2 ** 20
/** One request of the largest kind must get through: as sent, unpacked, and converted from JSON. */
export const intakePerRequestMin = 3
/** What a sender is told to wait when the queue is full: some two hundred commits. */
export const busyRetryAfterMs = 1_000
/** For a body to come, from when it begins to be read. */
export const requestTimeoutMs = 60_000
/** For a gRPC caller to stop sending what is not wanted. */
export const unwantedSendingMs = 5_000
/** What Node itself gives a request from its first byte to its last, where nobody reads it. */
export const connectionTimeoutMs = 2 * requestTimeoutMs
/**
 * An idle connection stays open: longer than exporters pause (Beyla 15 s) and load balancers wait (60 s), since one that
 * closes first fails the request that was just being sent.
 */
export const keepAliveMs = 75_000
/** For requests under way when the service is told to end; container engines kill after 10 s. */
export const closeGraceMs = 5_000
/** Open at one time on each listener; more are closed as they come. Far more than a machine's senders need. */
export const connectionsMax = 4_096
/** A gRPC connection without a call is closed: its client may be gone without a word, or comes again by itself. */
export const grpcIdleMs = 600_000
/** gRPC calls under way on one connection: senders wait with the next ones. */
export const streamsMax = 256
/** Of the audit's lines that wait to be written: minutes of a busy service, while a disk is full. */
export const auditWaitingBytesMax = 8 * 2 ** 20
/** Heavy questions that the store answers at one time: one of its reading threads is left for what is quick. */
export const questionsAtOnce = 2
/** Those waiting for that: more are told to come again. */
export const questionsWaitingMax = 64
/** How long they wait. */
export const questionWaitMs = 10_000
/** Of one question, unless PROBESPAN_QUERY_TIMEOUT_MS and PROBESPAN_QUERY_SPANS_MAX say otherwise. */
export const questionMs = 20_000
export const questionSpansMax = 50_000_000
/** Of a part of a path that holds a name: those of spans are cut at 1,024 letters, each up to twelve as it is written there. */
export const paramCharsMax = 12 * 1_024
/** Live tails open at one time, each with a connection and a buffer of its own. */
export const tailClientsMax = 100
/** What waits for a tail's reader: as much again may be added at once, and then spans are skipped. */
export const tailBufferBytesMax = 256 * 2 ** 10
