// Any field of any span of a trace: those of a span from the store's view, those of the whole trace worked out here,
// once each and only when asked for.
import type { Field, Intrinsic, Static } from './ast.ts'
import { nestedSetsOf, type NestedSets } from './nested-set.ts'
import { isRoot } from './root-span.ts'
import { numberOf, orderOf } from './static-value.ts'
import type { TraceRead, TraceView } from './trace-view.ts'

const none: readonly Static[] = []
const durationField: Field = { type: 'intrinsic', name: 'span:duration' }
const idField: Field = { type: 'intrinsic', name: 'span:id' }
const nameField: Field = { type: 'intrinsic', name: 'span:name' }
const serviceField: Field = { type: 'attribute', scope: 'resource', key: 'service.name', ofParent: false }
/** What the store calls a service whose resource has no name. */
const unnamedService = 'unknown_service'

export function readerOf(view: TraceView): TraceRead {
  const trace = new WholeTrace(view)
  const ownOf = new Map<Field, Field>()
  return (span, field) => {
    if (field.type === 'intrinsic') return trace.values(span, field.name) ?? view.values(span, field)
    if (!field.ofParent) return view.values(span, field)
    const parent = view.parent(span)
    if (parent < 0) return none
    let own = ownOf.get(field)
    if (own === undefined) ownOf.set(field, (own = { ...field, ofParent: false }))
    return view.values(parent, own)
  }
}

class WholeTrace {
  readonly #view: TraceView
  #childCounts: Int32Array | undefined
  #nestedSets: NestedSets | undefined
  readonly #shared = new Map<Intrinsic, readonly Static[]>()

  constructor(view: TraceView) {
    this.#view = view
  }

  /** Undefined where the intrinsic is one of the span. */
  values(span: number, name: Intrinsic): readonly Static[] | undefined {
    if (name === 'span:childCount') return [{ type: 'int', value: BigInt(this.#childCount(span)) }]
    if (name === 'nestedSetLeft' || name === 'nestedSetRight' || name === 'nestedSetParent') {
      this.#nestedSets ??= nestedSetsOf(this.#view)
      const { left, right, parent } = this.#nestedSets
      const numbers = name === 'nestedSetLeft' ? left : name === 'nestedSetRight' ? right : parent
      return [{ type: 'int', value: BigInt(numbers[span] ?? 0) }]
    }
    if (name !== 'trace:duration' && name !== 'trace:rootName' && name !== 'trace:rootService')
      return undefined
    let values = this.#shared.get(name)
    if (values === undefined) this.#shared.set(name, (values = this.#ofTrace(name)))
    return values
  }

  #childCount(span: number): number {
    if (this.#childCounts === undefined) {
      this.#childCounts = new Int32Array(this.#view.spanCount)
      for (let child = 0; child < this.#view.spanCount; child++) {
        const parent = this.#view.parent(child)
        if (parent >= 0) this.#childCounts[parent] = (this.#childCounts[parent] ?? 0) + 1
      }
    }
    return this.#childCounts[span] ?? 0
  }

  #ofTrace(name: 'trace:duration' | 'trace:rootName' | 'trace:rootService'): readonly Static[] {
    if (name === 'trace:duration') return [{ type: 'duration', nano: this.#duration() }]
    const root = this.#root()
    if (name === 'trace:rootName') return [...this.#view.values(root, nameField)]
    const [service] = this.#view.values(root, serviceField)
    return [service?.type === 'string' ? service : { type: 'string', value: unnamedService }]
  }

  #duration(): bigint {
    let [start, end] = [this.#view.startUnixNano(0), this.#endOf(0)]
    for (let span = 1; span < this.#view.spanCount; span++) {
      const spanStart = this.#view.startUnixNano(span)
      const spanEnd = this.#endOf(span)
      if (spanStart < start) start = spanStart
      if (spanEnd > end) end = spanEnd
    }
    return end - start
  }

  #endOf(span: number): bigint {
    const [duration] = this.#view.values(span, durationField)
    const nano = duration === undefined ? undefined : numberOf(duration)
    return this.#view.startUnixNano(span) + (typeof nano === 'bigint' ? nano : 0n)
  }

  /** As in summaries: a span without a parent rather than one with; then the earlier, the longer, the lower id. */
  #root(): number {
    let found = 0
    for (let span = 1; span < this.#view.spanCount; span++) if (this.#standsBefore(span, found)) found = span
    return found
  }

  #standsBefore(span: number, other: number): boolean {
    const isSpanRoot = isRoot(this.#view, span)
    if (isSpanRoot !== isRoot(this.#view, other)) return isSpanRoot
    const [start, otherStart] = [this.#view.startUnixNano(span), this.#view.startUnixNano(other)]
    if (start !== otherStart) return start < otherStart
    const [end, otherEnd] = [this.#endOf(span), this.#endOf(other)]
    if (end !== otherEnd) return end > otherEnd
    const [[id], [otherId]] = [this.#view.values(span, idField), this.#view.values(other, idField)]
    return id !== undefined && otherId !== undefined && (orderOf(id, otherId) ?? 0) < 0
  }
}
