// A Definition and where its probes were found to the text of the bpftrace program that prints its events.
import type { Definition, Probe } from './definition.ts'
import { withZeroCounted } from './expression.ts'
import { layoutsOf, type Field, type Layout } from './layout.ts'

/** Printed once, when every probe is attached: bpftrace drains its buffers only from then on. */
export const readyTuple = ['probespan', 'ready'] as const
/** The program's own count of each block's events, by the block's number; printed every second and at the end. */
export const countsMap = '@events'

/**
 * A script of the user's, announcing itself: up to 0.23 bpftrace prints `attached_probes` before it attaches. An
 * interval, because a script may have only one BEGIN; behind the script, so that its line numbers stay.
 */
export function announcedScript(script: string): string {
  return `${script}\ninterval:s:1 { print(("${readyTuple[0]}", "${readyTuple[1]}", nsecs)); }\n`
}

/** The blocks of the program in their order, which gives each its number in `countsMap`. */
export function blocksOf(definition: Definition): { layout: Layout; probe: Probe }[] {
  return [...layoutsOf(definition).values()].flatMap((layout) => {
    const probe = layout.event?.probe ?? layout.span.probes[layout.phase]
    return probe === undefined ? [] : [{ layout, probe }]
  })
}

/** Of a function's entry or return; `executable` is where its file is not named. */
export function functionAttachPoint(probe: Extract<Probe, { symbol: string }>, executable: string): string {
  return `${probe.kind === 'entry' ? 'uprobe' : 'uretprobe'}:${probe.file ?? executable}:${probe.symbol}`
}

/** `lengthCountsZero`: of bpftrace's version, by bpftrace/version.ts. */
export type RenderOptions = { lengthCountsZero?: boolean }

/**
 * `attachPoints(probe)` answers the full attach points of a probe, such as
 * `usdt:/usr/lib/libshop.so:shop:order_start`; more than one where several files of the target have it.
 */
export function renderProgram(
  definition: Definition,
  attachPoints: (probe: Probe) => readonly string[],
  options: RenderOptions = {},
): string {
  const written = options.lengthCountsZero === true ? withZeroCounted : (expression: string) => expression
  const blocks = blocksOf(definition).map(({ layout, probe }, number) =>
    block(layout, number, attachPoints(probe), written),
  )
  return [
    `// Spans of the definition "${definition.name}". Each event is one tuple:`,
    '// (definition, phase, nsecs, pid, tid, key..., value...)',
    `// ${countsMap} counts them by block, so that what is lost on the way is known.`,
    `BEGIN { print(("${readyTuple[0]}", "${readyTuple[1]}", nsecs)); }`,
    `interval:s:1 { print(${countsMap}); }`,
    ...blocks,
    '',
  ].join('\n')
}

function block(
  layout: Layout,
  number: number,
  attachPoints: readonly string[],
  written: (expression: string) => string,
): string {
  const { keyParts, fields } = layout
  const elements = [...headOf(layout), ...expressionsOf(layout).map(written)]
  const labels = [...keyParts.map(() => 'key'), ...fields.map(label)]
  const filter = layout.event ? layout.event.when : layout.span.when[layout.phase]
  return [
    '',
    `// Block ${number}: ${nameOf(layout)}, ${phaseOf(layout)}: ${labels.join(', ')}`,
    attachPoints.join(',\n'),
    ...(filter === undefined ? [] : [`/${written(filter)}/`]),
    `{ ${countsMap}[${number}] = count(); print((${elements.join(', ')})); }`,
  ].join('\n')
}

const nameOf = ({ span, event }: Layout): string => (event ?? span).id
const phaseOf = ({ event, phase }: Layout): string => (event ? 'event' : phase)
const label = (field: Field): string => (field.role === 'attribute' ? field.attribute.key : field.role)

function headOf(layout: Layout): string[] {
  return [`"${nameOf(layout)}"`, `"${phaseOf(layout)}"`, 'nsecs', 'pid', 'tid']
}

/** How much stack the kernel gives a program. bpftrace keeps its events there up to 0.22. */
const stackBytesMax = 512
/** What bpftrace itself needs beside the event, by trial on 0.17.0. */
const stackBytesReserved = 48
/** bpftrace's own bound before 0.21. */
const stringBytesMax = 200
const stringBytesMin = 16
/** One that is cut is none. */
const traceparentBytes = 56

/**
 * The longest strings (bytes with the final zero, a multiple of 8) with which every event fits the stack; or the
 * event that does not fit with strings of any use, which a traceparent's are from 56 bytes on. Each string is there
 * twice: read, and in the tuple.
 */
export function stringBytesThatFit(
  definition: Definition,
): { ok: true; bytes: number } | { ok: false; event: string; strings: string[] } {
  const layouts = blocksOf(definition).map(({ layout }) => layout)
  const fits = layouts.map((layout) => ({ layout, bytes: stringBytesOf(layout) }))
  const tightest = fits.reduce((least, each) => (each.bytes < least.bytes ? each : least))
  const needed = layouts.some(hasTraceparent) ? traceparentBytes : stringBytesMin
  if (tightest.bytes >= needed) return { ok: true, bytes: tightest.bytes }
  const { layout } = tightest
  return { ok: false, event: `${nameOf(layout)}, ${phaseOf(layout)}`, strings: stringsOf(layout) }
}

function stringBytesOf(layout: Layout): number {
  const strings = stringsOf(layout).length
  if (strings === 0) return stringBytesMax
  const others = expressionsOf(layout).filter((expression) => !isString(expression))
  const rest = headBytes(layout) + others.reduce((sum, expression) => sum + fixedBytes(expression), 0)
  const room = stackBytesMax - stackBytesReserved - rest
  return Math.min(stringBytesMax, Math.floor(room / (2 * strings) / 8) * 8)
}

const hasTraceparent = ({ fields }: Layout): boolean =>
  fields.some(({ role }) => role === 'traceparent' || role === 'link')

function expressionsOf({ keyParts, fields }: Layout): string[] {
  return [...keyParts, ...fields.map((field) => field.expression)]
}

const stringsOf = (layout: Layout): string[] => expressionsOf(layout).filter(isString)

const isString = (expression: string): boolean =>
  /\b(str|kstr|buf|usym|ksym)\s*\(|\b(comm|probe|func)\b/.test(expression)

const literalBytes = (text: string): number => Math.ceil((text.length + 1) / 8) * 8

/** An integer, or a text that the definition itself gives, which also is there twice. */
function fixedBytes(expression: string): number {
  return expression.startsWith('"') ? 2 * literalBytes(expression) : 8
}

function headBytes(layout: Layout): number {
  return literalBytes(nameOf(layout)) + literalBytes(phaseOf(layout)) + 3 * 8
}
