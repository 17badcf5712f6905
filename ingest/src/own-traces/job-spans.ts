// Background jobs as spans, a trace each, and which of them are told at all: storing a span may itself be a reason for
// jobs, so that one that only came of ingest's own spans makes none; otherwise they would go on for ever by themselves.
// In: runs of jobs; out: ended spans of the tracer.
import { ROOT_CONTEXT, SpanStatusCode } from '@opentelemetry/api'
import type { Tracer } from '@opentelemetry/api'
import type { JobRun } from '../store/job.ts'

export type JobSpans = {
  add(run: JobRun): void
  /** So many own spans are about to be stored. */
  storing(spans: number): void
}

export type JobSpanParts = {
  tracer: Tracer
  /** Grows with what comes from outside: spans of senders, requests of the API. */
  causes: () => number
  /** Whether a destination gets own spans, too. */
  getsOwn: (destination: string) => boolean
}

const upkeep = 'upkeep '

export function createJobSpans({ tracer, causes, getsOwn }: JobSpanParts): JobSpans {
  const failing = new Set<string>()
  /** By destination: own spans that it has not been sent yet, for all that is known here. */
  const owed = new Map<string, number>()
  let ownSpans = 0
  let mergedAtCause = Number.NEGATIVE_INFINITY

  /** Merging follows new blocks: whether there were any but our own. */
  function isMergeCaused(): boolean {
    const cause = causes()
    const isCaused = cause > mergedAtCause
    mergedAtCause = cause
    return isCaused
  }

  /** Whether more was sent than own spans were waiting. */
  function hasSentOthers(destination: string, spans: number): boolean {
    if (!getsOwn(destination)) return true
    const waiting = ownSpans - (owed.get(destination) ?? 0)
    owed.set(destination, ownSpans - Math.max(0, waiting - spans))
    return spans > waiting
  }

  function isWanted({ name, destination = '', counts, failure }: JobRun): boolean {
    const job = `${name} ${destination}`
    const others = name === 'forward' && hasSentOthers(destination, counts['spans.sent'] ?? 0)
    if (failure !== undefined) {
      // Of a row of failures the first: what comes of the next ones is told by metrics and the log.
      const isFirst = !failing.has(job)
      failing.add(job)
      return isFirst
    }
    failing.delete(job)
    if (name !== 'forward') failing.delete(upkeep)
    if (name === 'merge') return isMergeCaused()
    return name !== 'forward' || others
  }

  return {
    storing: (spans) => void (ownSpans += spans),
    add(run) {
      if (!isWanted(run)) return
      const { name, destination, startUnixMs, durationMs, counts, failure } = run
      const attributes = {
        ...(destination !== undefined && { 'probespan.destination': destination }),
        ...Object.fromEntries(Object.entries(counts).map(([what, count]) => [`probespan.${what}`, count])),
      }
      const span = tracer.startSpan(name, { startTime: startUnixMs, attributes }, ROOT_CONTEXT)
      if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure })
      span.end(startUnixMs + durationMs)
    },
  }
}
