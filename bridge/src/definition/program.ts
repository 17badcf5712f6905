// A Definition and where its probes were found to the text of the bpftrace program that prints its events.
import type { Definition, Probe } from './definition.ts'
import { withZeroCounted } from './expression.ts'
import { counterMap, kernelCounters } from './kernel-counters.ts'
import { withOneMore } from './string-length.ts'
import { layoutsOf, type Field, type Layout } from './layout.ts'
import { counting, countsMap, progressBlock, progressPrint, readyTuple } from './self-report.ts'

/**
 * A script of the user's, announcing itself: up to 0.23 bpftrace prints `attached_probes` before it attaches. An
 * interval, because a script may have only one BEGIN; behind the script, so that its line numbers stay.
 */
export function announcedScript(script: string): string {
  return `${script}\ninterval:s:1 { print(${readyTuple}); }\n`
}

/** A probe that the program attaches to; `number` is that of its events in `countsMap`, one for both of a pair. */
export type Block = { layout: Layout; probe: Probe; number: number; isBegin: boolean }

export function blocksOf(definition: Definition): Block[] {
  return [...layoutsOf(definition).values()].flatMap((layout, number) => {
    const { begin, event, span, phase } = layout
    const { start } = span.probes
    const probe = event?.probe ?? span.probes[phase]
    return [
      ...(begin && start ? [{ layout: begin, probe: start, number, isBegin: true }] : []),
      ...(probe ? [{ layout, probe, number, isBegin: false }] : []),
    ]
  })
}

/** Of a function's entry or return; `executable` is where its file is not named. */
export function functionAttachPoint(probe: Extract<Probe, { symbol: string }>, executable: string): string {
  return `${probe.kind === 'entry' ? 'uprobe' : 'uretprobe'}:${probe.file ?? executable}:${probe.symbol}`
}

/**
 * `lengthCountsZero`: of bpftrace's version, by bpftrace/version.ts. `only`: an expression that every event must fulfil.
 * `cpuBuffers`: how many buffers for events there are where each CPU has its own.
 */
export type RenderOptions = { lengthCountsZero?: boolean; only?: string; cpuBuffers?: number | undefined }

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
  const blocks = blocksOf(definition).map((each) =>
    block(each, attachPoints(each.probe), written, options.only),
  )
  const pairs = blocksOf(definition).filter(({ isBegin }) => isBegin)
  return [
    `// Spans of the definition "${definition.name}". Each event is one tuple:`,
    '// (definition, phase, nsecs, pid, tid, key..., value...)',
    `// ${countsMap} counts them by block and second. "progress" takes the same way as they do: what was counted before it, and`,
    '// has not come before it, is lost.',
    `BEGIN { print(${readyTuple}); }`,
    `interval:s:1 { ${[...timed(options.cpuBuffers), ...printed(pairs)].join(' ')} }`,
    progressBlock(options.cpuBuffers),
    // Starts that are open at the end would be printed, each one.
    ...(pairs.length > 0 ? [`END { ${pairs.flatMap(clearing).join(' ')} }`] : []),
    ...blocks,
    '',
  ].join('\n')
}

/** Where each CPU tells for its own buffer, and an idle one may not: after when the counts behind it were read. */
const timed = (cpuBuffers: number | undefined): string[] =>
  cpuBuffers === undefined ? [] : [progressPrint(cpuBuffers)]

function printed(pairs: readonly Block[]): string[] {
  const ofPairs = pairs.flatMap(({ number }) => kernelCounters.map((counter) => counterMap(counter, number)))
  return [countsMap, ...ofPairs].map((map) => `print(${map});`)
}

type Written = (expression: string) => string

function block(
  { layout: plain, number, isBegin }: Block,
  attachPoints: readonly string[],
  written: Written,
  only: string | undefined,
): string {
  const layout = rewritten(plain, written)
  const { keyParts, begin } = layout
  const fields = [...(begin?.fields ?? []), ...layout.fields]
  const labels = [...keyParts.map(() => 'key'), ...fields.map(label)]
  const when = layout.event ? layout.event.when : layout.span.when[layout.phase]
  const filters = [only, when && written(when)].filter((each) => each !== undefined)
  return [
    '',
    `// Block ${number}: ${nameOf(layout)}, ${phaseOf(layout)}: ${labels.join(', ')}`,
    attachPoints.join(',\n'),
    ...(filters.length > 1
      ? [`/${filters.map((each) => `(${each})`).join(' && ')}/`]
      : filters.map((each) => `/${each}/`)),
    ...(isBegin
      ? beginBody(layout, number)
      : begin
        ? pairBody(layout, begin, number)
        : printBody(layout, number)),
  ].join('\n')
}

function rewritten(layout: Layout, written: Written): Layout {
  return {
    ...layout,
    begin: layout.begin && rewritten(layout.begin, written),
    keyParts: layout.keyParts.map(written),
    fields: layout.fields.map((field) => ({ ...field, expression: written(askedOf(field)) })),
  }
}

/** A letter more of an attribute's text than is shown tells whether it was cut. */
const askedOf = ({ role, expression }: Field): string =>
  role === 'attribute' ? withOneMore(expression) : expression

const clearing = ({ layout, number }: Block): string[] =>
  Array.from({ length: 2 + layout.fields.length }, (_, index) => `clear(${openMap(number, index)});`)

function printBody(layout: Layout, number: number): string[] {
  const elements = [...headOf(layout), ...layout.keyParts, ...layout.fields.map((field) => field.expression)]
  return ['{', '  $at = nsecs;', `  print((${elements.join(', ')}));`, `  ${counting(number)}`, '}']
}

/**
 * Where a start waits in the kernel for its end, by process and key: its nsecs, tid and values, a map each. One map of
 * tuples would cost a copy of the whole tuple on the stack for every value that is taken out of it (0.17).
 */
const openMap = (number: number, index: number): string => `@open${number}_${index}`
const openSlots = (number: number, layout: Layout, begin: Layout): string[] =>
  Array.from(
    { length: 2 + begin.fields.length },
    (_, index) => `${openMap(number, index)}[${['pid', ...layout.keyParts].join(', ')}]`,
  )

function beginBody(layout: Layout, number: number): string[] {
  const [start = '', ...more] = openSlots(number, layout, layout)
  const values = ['tid', ...layout.fields.map((field) => field.expression)]
  return [
    '{',
    `  if (${start} != 0) { ${counterMap('superseded', number)} = count(); }`,
    `  ${start} = nsecs;`,
    // Read again: a map that is full takes nothing more, and says nothing.
    `  if (${start} == 0) { ${counterMap('unstored', number)} = count(); } else {`,
    ...more.map((slot, index) => `    ${slot} = ${values[index]};`),
    '  }',
    '}',
  ]
}

function pairBody(layout: Layout, begin: Layout, number: number): string[] {
  const [start = '', ...more] = openSlots(number, layout, begin)
  const elements = [
    ...headOf(layout),
    ...layout.keyParts,
    '$start',
    ...more,
    ...layout.fields.map((field) => field.expression),
  ]
  return [
    '{',
    `  $start = ${start};`,
    '  if ($start != 0) {',
    '    $at = nsecs;',
    `    print((${elements.join(', ')}));`,
    `    ${counting(number)}`,
    ...[start, ...more].map((slot) => `    delete(${slot});`),
    `  } else { ${counterMap('orphaned', number)} = count(); }`,
    '}',
  ]
}

const nameOf = ({ span, event }: Layout): string => (event ?? span).id
const phaseOf = ({ event, begin, phase }: Layout): string => (event ? 'event' : begin ? 'span' : phase)
const label = (field: Field): string => (field.role === 'attribute' ? field.attribute.key : field.role)

function headOf(layout: Layout): string[] {
  return [`"${nameOf(layout)}"`, `"${phaseOf(layout)}"`, '$at', 'pid', 'tid']
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
  const copies = stringCopies(layout)
  if (copies === 0) return stringBytesMax
  const others = expressionsOf(layout).filter((expression) => !isString(expression))
  const rest = headBytes(layout) + others.reduce((sum, expression) => sum + fixedBytes(expression), 0)
  const room = stackBytesMax - stackBytesReserved - rest - mapBytes(layout)
  return Math.min(stringBytesMax, Math.floor(room / copies / 8) * 8)
}

/**
 * How often strings lie on the stack: read and in the tuple. Of an end that the kernel pairs, the key's are in the
 * maps' keys as well, and taking the start's out of their maps costs four more; both by trial on 0.17.0.
 */
function stringCopies({ keyParts, begin, fields }: Layout): number {
  const count = (expressions: readonly string[]): number => expressions.filter(isString).length
  const ofFields = 2 * count(fields.map((field) => field.expression))
  if (!begin) return 2 * count(keyParts) + ofFields
  const ofBegin = count(begin.fields.map((field) => field.expression))
  return 4 * count(keyParts) + (ofBegin === 0 ? 0 : 2 * ofBegin + 4) + ofFields
}

/**
 * Of an end that the kernel pairs: one more of the maps' keys and of what is taken out of them, by trial on 0.17.0; among
 * strings in either these come out of the copies of those.
 */
function mapBytes({ keyParts, begin }: Layout): number {
  if (!begin) return 0
  const parts = [...keyParts, ...begin.fields.map((field) => field.expression)]
  return parts.some(isString) ? 0 : 8 * (1 + parts.length)
}

const hasTraceparent = ({ begin, fields }: Layout): boolean =>
  [...(begin?.fields ?? []), ...fields].some(({ role }) => role === 'traceparent' || role === 'link')

function expressionsOf({ keyParts, begin, fields }: Layout): string[] {
  const started = begin ? ['nsecs', 'tid', ...begin.fields.map((field) => field.expression)] : []
  return [...keyParts, ...started, ...fields.map((field) => field.expression)]
}

const stringsOf = (layout: Layout): string[] => expressionsOf(layout).filter(isString)

export const isString = (expression: string): boolean =>
  /\b(str|kstr|buf|usym|ksym)\s*\(|\b(comm|probe|func)\b/.test(expression)

const literalBytes = (text: string): number => Math.ceil((text.length + 1) / 8) * 8

/** An integer, or a text that the definition itself gives, which also is there twice. */
function fixedBytes(expression: string): number {
  return expression.startsWith('"') ? 2 * literalBytes(expression) : 8
}

function headBytes(layout: Layout): number {
  return literalBytes(nameOf(layout)) + literalBytes(phaseOf(layout)) + 3 * 8
}
