// Spans that wait for their parent, which the kernel pairs: it is seen only when it ends, after all that is inside it.
// By parent definition, process and key, with their own children; a parent takes those that lie within its time. What
// finds no parent within its definition's ttl is given up, and so is the oldest beyond `orphansMax`.
import type { HrTime } from '@opentelemetry/api'
import type { BinaryContext } from '../span/binary-context.ts'
import { addTimes, compareTimes, timeOfMs } from '../time/instant.ts'
import type { MatchedSpan } from './matcher.ts'
import { SlotMap } from './slots.ts'

export type Orphan = { span: MatchedSpan; children: readonly Orphan[]; adopted: boolean }

const orphansMaxDefault = 100_000
const none: readonly never[] = []

export class Orphans {
  private queue: Orphan[] = []
  private readonly bySlot = new SlotMap<Orphan[]>()
  private readonly orphansMax: number
  private overflow: Orphan[] = []

  constructor(orphansMax = orphansMaxDefault) {
    this.orphansMax = orphansMax
  }

  add(span: MatchedSpan, children: readonly Orphan[]): void {
    const orphan: Orphan = { span, children, adopted: false }
    this.queue.push(orphan)
    const { within } = span.definition
    if (!within) return
    const { pid, key } = span.start
    const slot = this.bySlot.get(within.span, pid, key)
    if (slot) slot.push(orphan)
    else this.bySlot.set(within.span, pid, key, [orphan])
    if (this.queue.length > this.orphansMax)
      this.overflow.push(...this.queue.splice(0, this.queue.length >> 1))
  }

  /** The spans inside this one, which are then no orphans any more. */
  takeChildren({ definition, start, end }: MatchedSpan): readonly Orphan[] {
    const slot = this.bySlot.get(definition.id, start.pid, start.key)
    if (!slot || !end) return none
    const inside = slot.filter(({ span }) => compareTimes(span.start.at, start.at) >= 0)
    for (const orphan of inside) orphan.adopted = true
    const left = slot.filter(({ adopted }) => !adopted)
    if (left.length === 0) this.bySlot.delete(definition.id, start.pid, start.key)
    else this.bySlot.set(definition.id, start.pid, start.key, left)
    return inside
  }

  /** Those whose time has passed at `now`, which are then forgotten. */
  expire(now: HrTime): Orphan[] {
    const isDue = ({ span }: Orphan): boolean =>
      compareTimes(addTimes(span.start.at, timeOfMs(span.definition.ttlMs)), now) <= 0
    const due = [...this.overflow, ...this.queue.filter(isDue)].filter(({ adopted }) => !adopted)
    this.overflow = []
    this.queue = this.queue.filter((orphan) => !orphan.adopted && !isDue(orphan))
    for (const orphan of due) this.forget(orphan)
    return due
  }

  private forget(orphan: Orphan): void {
    const { within } = orphan.span.definition
    if (!within) return
    const { pid, key } = orphan.span.start
    const left = (this.bySlot.get(within.span, pid, key) ?? []).filter((each) => each !== orphan)
    if (left.length === 0) this.bySlot.delete(within.span, pid, key)
    else this.bySlot.set(within.span, pid, key, left)
  }
}

/** A span and all below it, each child before its parent, all in the span's trace. */
export function family(span: MatchedSpan, children: readonly Orphan[]): MatchedSpan[] {
  if (children.length === 0) return [span]
  const below = children.flatMap((child) => family(inTrace(child.span, span.context), child.children))
  return [...below, span]
}

function inTrace(span: MatchedSpan, parent: BinaryContext): MatchedSpan {
  return { ...span, context: span.context.inTraceOf(parent), parent }
}
