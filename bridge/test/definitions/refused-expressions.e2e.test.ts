// What would break: an expression that only bpftrace finds wrong, told by its place in a program that its author never
// wrote. Real bpftrace, of each version that is there.
import { describe, expect, test } from 'vitest'
import { BridgeProcess, Folder } from '../bridge-process.ts'
import { testedVersions } from '../roots/versions.ts'
import { ValueProgram } from '../value-program.ts'

const cannotTrace = process.getuid?.() !== 0
if (cannotTrace) console.warn('SKIPPED: attaching to probes needs root')

type Expressions = {
  match?: string
  when?: string
  start?: string
  end?: string
  event?: string
  pair?: string
}
const packOf = ({
  match = 'arg0',
  when = '1',
  start = 'arg0',
  end = 'arg0',
  event = 'arg0',
  pair,
}: Expressions) => `name: values
provider: probespan_values
spans:
  value:
    start: value_start
    end: value_end
    match: '${match}'
    when: { end: '${when}' }
    pair: ${pair ?? 'bridge'}
    attributes:
      first: { at: start, value: arg1 }
      second: { at: start, value: '${start}' }
      third: { at: end, value: '${end}' }
      fourth: { at: end, value: 'str(arg1, 8)' }
  other: { start: value_start, end: value_end, match: tid }
events:
  noted: { probe: value_end, on: other, attributes: { fifth: { value: '${event}' } } }
`

const mistakes: [what: string, Expressions, place: string, words: RegExp][] = [
  [
    'a function that is none',
    { end: 'foo(arg0)' },
    '13:32: spans.value.attributes.third.value',
    /Unknown function.*foo/,
  ],
  [
    'something missing behind it',
    { start: 'arg0 +' },
    '12:35: spans.value.attributes.second.value',
    /syntax/,
  ],
  ['a type that is none', { match: '(strct x*)arg0' }, '7:12: spans.value.match', /syntax/],
  ['a variable that is none', { when: '$x == 1' }, '8:18: spans.value.when.end', /Undefined.*\$x/],
  [
    'text compared with a number',
    { event: 'str(arg0) == 5' },
    '17:71: events.noted.attributes.fifth.value',
    /Type mismatch/,
  ],
  [
    'text with a length, beside it',
    { end: 'str(arg1, 4) == 5' },
    '13:32: spans.value.attributes.third.value',
    /Type mismatch/,
  ],
  [
    'a start that waits in the kernel',
    { start: 'foo(arg0)', pair: 'kernel' },
    '12:35: spans.value.attributes.second.value',
    /Unknown function/,
  ],
  ['a builtin that is none', { end: 'threadid' }, '13:32: spans.value.attributes.third.value', /./],
]

describe.skipIf(cannotTrace).for(testedVersions().versions)('bpftrace $version', ({ program }) => {
  test.for(mistakes)('%s: file, line, column and key', async ([, expressions, place, words]) => {
    using folder = new Folder()
    using target = await ValueProgram.start(folder.path)
    const pack = folder.write('values.yaml', packOf(expressions))
    await using bridge = new BridgeProcess({
      PROBESPAN_BPFTRACE: program,
      PROBESPAN_PACK: pack,
      TARGET_PID: String(target.pid),
    })
    expect(await bridge.exitCode, bridge.said).toBe(12)
    const [, file, told, said] =
      /^probespan bridge: script_invalid: (\S+?):(\d+:\d+: [\w.]+): (.*)$/m.exec(bridge.said) ?? []
    expect([file, told, said]).toEqual([pack, place, expect.stringMatching(words)])
    expect(bridge.said).toMatch(/Correct this expression/)
  })
})
