// What would break: strings that are shorter than `probespan check`, `render` and scripts-bt/README.md say, on a bpftrace
// whose events lie on the kernel's stack. Real bpftrace, of each version that is there.
import { describe, expect, test } from 'vitest'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { Receiver } from './receiver.ts'
import { testedVersions } from './roots/versions.ts'
import { until } from './waiting.ts'
import { ValueProgram } from './value-program.ts'

const cannotTrace = process.getuid?.() !== 0
if (cannotTrace) console.warn('SKIPPED: attaching to probes needs root')
/** How long the strings of an event are where there are so many of them, up to bpftrace 0.22. */
const bytesOnStack = [198, 102, 62]
/** The longest that the program has. */
const bytesMax = 255

const packOf = (strings: number): string => `name: values
provider: probespan_values
spans:
  value:
    start: value_start
    end: value_end
    match: arg0
    attributes:
${Array.from({ length: strings }, (_, at) => `      text${at}: { at: start, value: str(arg1) }`).join('\n')}
`

describe.skipIf(cannotTrace).for(testedVersions().versions)('bpftrace $version', ({ program, version }) => {
  const isOnStack = Number(version.split('.')[1]) <= 22
  test.for([1, 2, 3])('%d strings in an event', async (strings) => {
    using folder = new Folder()
    await using receiver = await Receiver.start()
    using target = await ValueProgram.start(folder.path)
    await using bridge = new BridgeProcess({
      PROBESPAN_BPFTRACE: program,
      PROBESPAN_PACK: folder.write('values.yaml', packOf(strings)),
      TARGET_PID: String(target.pid),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    })
    await bridge.says('attached to process')
    const text = Buffer.alloc(bytesMax, 'x')
    await target.fire([{ text, signed: 0n, unsigned: 0n, signed32: 0, unsigned32: 0 }])
    await until(() => receiver.spans.length > 0)
    const attributes = Object.entries(receiver.spans[0]?.attributes ?? {})
    const texts = attributes.flatMap(([key, value]) => (key.startsWith('text') ? [String(value)] : []))
    const bytes = isOnStack ? bytesOnStack[strings - 1] : bytesMax
    expect(texts.map(({ length }) => length)).toEqual(Array.from({ length: strings }, () => bytes))
  })
})
