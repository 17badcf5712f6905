// Spans to an ExportTraceServiceRequest, one by one as they come: a span that is bytes already is nothing that the garbage
// collector would have to carry along until its batch is sent. One resourceSpans a resource, one scopeSpans a scope,
// spans in their order.
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { ProtobufWriter, varintBytes } from './protobuf-writer.ts'
import { writeAttributes, writeSpan } from './span-encoder.ts'

const delimited = 2
/** What a resource or scope takes beside its own bytes: tag and length. */
const frameBytesMax = 6

/** Spans of one resource and scope that came one after another, as bytes from `start` to `end` of the writer. */
type Run = { resource: Resource; scope: InstrumentationScope; start: number; end: number }

export class RequestEncoder {
  spanCount = 0
  private readonly spans = new ProtobufWriter()
  private readonly small = new ProtobufWriter()
  private readonly resources = new WeakMap<Resource, Buffer>()
  private readonly scopes = new WeakMap<InstrumentationScope, Buffer>()
  private runs: Run[] = []
  private headsBytesMax = 0
  private lastStart = 0

  /** That `take` will answer, or some more. */
  get bytesMax(): number {
    return this.spans.length + this.headsBytesMax
  }

  add(span: ReadableSpan): void {
    const { resource, instrumentationScope: scope } = span
    const start = this.spans.length
    let run = this.runs.at(-1)
    if (run?.resource !== resource || run.scope !== scope) {
      run = { resource, scope, start, end: start }
      this.runs.push(run)
      this.headsBytesMax += this.headBytesMax(run)
    }
    writeSpan(this.spans, span)
    run.end = this.spans.length
    this.lastStart = start
    this.spanCount += 1
  }

  /** Takes back the span that was added last. Not twice in a row. */
  dropLast(): void {
    const run = this.runs.at(-1)
    if (!run) return
    this.spanCount -= 1
    this.spans.truncate(this.lastStart)
    run.end = this.lastStart
    if (run.end > run.start) return
    this.runs.pop()
    this.headsBytesMax -= this.headBytesMax(run)
  }

  /** The request; the encoder is then empty. */
  take(): Buffer {
    const out = new ProtobufWriter(this.bytesMax)
    for (const [resource, ofResource] of Map.groupBy(this.runs, (run) => run.resource)) {
      const scopes = [...Map.groupBy(ofResource, ({ scope }) => scope)].map(([scope, runs]) => {
        const head = this.scopeBytes(scope)
        return { head, runs, bytes: runs.reduce((sum, { start, end }) => sum + end - start, head.length) }
      })
      const head = this.resourceBytes(resource)
      out.tag(1, delimited)
      out.varint(scopes.reduce((sum, { bytes }) => sum + 1 + varintBytes(bytes) + bytes, head.length))
      out.bytes(head)
      for (const scope of scopes) {
        out.tag(2, delimited)
        out.varint(scope.bytes)
        out.bytes(scope.head)
        for (const { start, end } of scope.runs) out.copy(this.spans, start, end)
      }
    }
    this.spans.truncate(0)
    this.runs = []
    this.headsBytesMax = 0
    this.spanCount = 0
    return out.finish()
  }

  private headBytesMax({ resource, scope }: Run): number {
    return this.resourceBytes(resource).length + this.scopeBytes(scope).length + 2 * frameBytesMax
  }

  private resourceBytes(resource: Resource): Buffer {
    const known = this.resources.get(resource)
    if (known) return known
    this.small.tag(1, delimited)
    const start = this.small.begin()
    // What a detector still has to find out is not there yet; the bridge's resources are whole.
    writeAttributes(this.small, 1, resource.attributes)
    this.small.end(start)
    const encoded = this.small.take()
    this.resources.set(resource, encoded)
    return encoded
  }

  private scopeBytes(scope: InstrumentationScope): Buffer {
    const known = this.scopes.get(scope)
    if (known) return known
    this.small.tag(1, delimited)
    const start = this.small.begin()
    this.small.tag(1, delimited)
    this.small.string(scope.name)
    if (scope.version !== undefined) {
      this.small.tag(2, delimited)
      this.small.string(scope.version)
    }
    this.small.end(start)
    const encoded = this.small.take()
    this.scopes.set(scope, encoded)
    return encoded
  }
}
