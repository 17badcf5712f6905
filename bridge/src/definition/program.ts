// A Definition and where its probes were found to the text of the bpftrace program that prints its events.
import type { Definition, Phase, SpanDefinition } from './definition.ts'
import { layoutOf } from './layout.ts'

/** Printed once, when every probe is attached: bpftrace drains its buffers only from then on. */
export const readyTuple = ['probespan', 'ready'] as const

/**
 * A script of the user's, announcing itself: up to 0.23 bpftrace prints `attached_probes` before it attaches. An
 * interval, because a script may have only one BEGIN; behind the script, so that its line numbers stay.
 */
export function announcedScript(script: string): string {
  return `${script}\ninterval:s:1 { print(("${readyTuple[0]}", "${readyTuple[1]}", nsecs)); }\n`
}

/**
 * `attachPoints(probe)` answers the full attach points of a probe, such as
 * `usdt:/usr/lib/libshop.so:shop:order_start`; more than one where several files of the target have it.
 */
export function renderProgram(
  definition: Definition,
  attachPoints: (probe: string) => readonly string[],
): string {
  const blocks = [...definition.spans.values()].flatMap((span) => [
    block(span, 'start', attachPoints(span.startProbe)),
    block(span, 'end', attachPoints(span.endProbe)),
  ])
  return [
    `// Spans of the definition "${definition.name}". Each event is one tuple:`,
    '// (definition, phase, nsecs, pid, tid, key, value...)',
    `BEGIN { print(("${readyTuple[0]}", "${readyTuple[1]}", nsecs)); }`,
    ...blocks,
    '',
  ].join('\n')
}

/** The probes a definition needs, each once. */
export function probesOf(definition: Definition): string[] {
  const spans = [...definition.spans.values()]
  return [...new Set(spans.flatMap((span) => [span.startProbe, span.endProbe]))]
}

function block(span: SpanDefinition, phase: Phase, attachPoints: readonly string[]): string {
  const { fields } = layoutOf(span, phase)
  const elements = [
    `"${span.id}"`,
    `"${phase}"`,
    'nsecs',
    'pid',
    'tid',
    span.match[phase],
    ...fields.map((field) => field.expression),
  ]
  const labels = [
    'key',
    ...fields.map((field) => (field.role === 'attribute' ? field.attribute.key : field.role)),
  ]
  return [
    '',
    `// ${span.id}, ${phase}: ${labels.join(', ')}`,
    attachPoints.join(',\n'),
    `{ print((${elements.join(', ')})); }`,
  ].join('\n')
}
