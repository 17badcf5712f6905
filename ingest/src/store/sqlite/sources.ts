// Numbers of trace sources as they are stored: in columns, as bits of a block's mask, in shares. Pure.
import type { TraceSource } from '../../wire.ts'

// Positions must stay what they are; a new source goes to the end.
const sources: readonly TraceSource[] = ['beyla', 'bpftrace', 'http', 'scheduler', 'otlp']

export const sourceNumber = (source: TraceSource): number => sources.indexOf(source)
export const sourceAt = (number: number): TraceSource => sources[number] ?? 'otlp'
export const sourceMask = (wanted: readonly TraceSource[]): number =>
  wanted.reduce((mask, source) => mask | (1 << sourceNumber(source)), 0)
