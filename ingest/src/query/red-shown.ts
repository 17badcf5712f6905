// RED groups as the API shows them: figures with rates, and for each group the parameters of `GET /api/traces` that lead to
// the traces behind it. Pure.
import type { RedFigure, RedGroup, SpanChoiceQuestion } from '../store/questions.ts'
import type { RedAnswer, RedFigureShown } from '../wire.ts'
import { secondsOf } from './range.ts'
import type { WholeRange } from './range.ts'
import { shownNano } from './shown.ts'

type GroupShown = RedAnswer['groups'][number]

/** What was asked, for the parameters that lead back to the traces. */
export type RedAsked = WholeRange & { choice: SpanChoiceQuestion; stepNano: bigint | undefined }

export function shownGroup(group: RedGroup, asked: RedAsked): GroupShown {
  const { total, steps, slowTraceId, errorTraceId, ...keys } = group
  const stepS = Number(asked.stepNano ?? 0n) / 1e9
  return {
    ...keys,
    total: shownFigure(total, secondsOf(asked)),
    ...(asked.stepNano !== undefined && {
      steps: steps.map((step) => ({ startUnixNano: String(step.unixNano), ...shownFigure(step, stepS) })),
    }),
    ...(slowTraceId !== undefined && { slowTraceId }),
    ...(errorTraceId !== undefined && { failedTraceId: errorTraceId }),
    tracesQuery: tracesQueries(group, asked),
  }
}

export function shownFigure(figure: RedFigure, seconds: number): RedFigureShown {
  const { count, errors, durationSum, p50, p95, p99 } = figure
  return {
    count,
    errors,
    rate: count / seconds,
    durationSumNano: String(Math.round(durationSum)),
    ...(count > 0 && { p50Nano: shownNano(p50), p95Nano: shownNano(p95), p99Nano: shownNano(p99) }),
  }
}

/** Of one bucket of the quantiles: the span that a quantile stands for is no faster than the quantile by it. */
const bucketRatio = 2 ** (1 / 8)

function tracesQueries(group: RedGroup, { start, end, choice }: RedAsked): GroupShown['tracesQuery'] {
  const parameters = new URLSearchParams({ start: String(start), end: String(end) })
  const chosen = {
    service: group.service ?? choice.service,
    source: group.source ?? choice.source,
    name: group.operation ?? choice.name,
    kind: group.kind ?? choice.kind,
    status: choice.status,
  }
  for (const [name, value] of Object.entries(chosen)) {
    // No span is found by an empty name or service: the parameter would be refused.
    if (value !== undefined && value !== '') parameters.set(name, value)
  }
  const slow = new URLSearchParams(parameters)
  slow.set('durationMin', String(Math.floor(Math.max(0, group.total.p95) / bucketRatio)))
  slow.set('order', 'slowest')
  const failed = new URLSearchParams(parameters)
  failed.set('status', 'ERROR')
  return { all: String(parameters), slow: String(slow), failed: String(failed) }
}
