// What would break: an argument that is said to be readable and is not, or the other way round. Real bpftrace, of each
// version that is there.
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { argumentsMax, parseVersion } from '../src/bpftrace/version.ts'
import { BridgeProcess, Folder } from './bridge-process.ts'
import { Receiver } from './receiver.ts'
import { testedVersions } from './roots/versions.ts'
import { until } from './waiting.ts'

const cannotTrace = process.getuid?.() !== 0
if (cannotTrace) console.warn('SKIPPED: attaching to probes needs root')
const folder = new Folder()
const program = join(folder.path, 'arguments')
beforeAll(() => {
  const source = fileURLToPath(new URL('arguments.c', import.meta.url))
  execFileSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', program, source])
})
afterAll(() => folder[Symbol.dispose]())

function packReading(count: number): string {
  const attributes = Array.from({ length: count }, (_, at) => `a${at}: { value: (int64)arg${at} }`)
  const span = `{ point: nine, attributes: { ${attributes.join(', ')} } }`
  return folder.write(`many${count}.yaml`, `name: many\nprovider: many\nspans:\n  nine: ${span}\n`)
}

describe.skipIf(cannotTrace).for(testedVersions().versions)('bpftrace $version', (bpftrace) => {
  const version = parseVersion(bpftrace.version)!
  const readable = Math.min(9, argumentsMax(version, process.arch))

  async function bridgeOn(count: number, receiver: Receiver): Promise<BridgeProcess> {
    const child = spawn(program, { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    return new BridgeProcess({
      PROBESPAN_BPFTRACE: bpftrace.program,
      PROBESPAN_PACK: packReading(count),
      TARGET_PID: String(child.pid),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    })
  }

  test('as many arguments as are said to be readable have their values', async () => {
    await using receiver = await Receiver.start()
    await using bridge = await bridgeOn(readable, receiver)
    await bridge.says('attached to')
    await until(() => receiver.spans.length > 0)
    const values = Array.from({ length: readable }, (_, at) => [`a${at}`, 100n + BigInt(at)])
    expect(receiver.spans[0]?.attributes).toMatchObject(Object.fromEntries(values))
  })

  test.skipIf(readable === 9)('one more is refused, by its key', async () => {
    await using receiver = await Receiver.start()
    await using bridge = await bridgeOn(readable + 1, receiver)
    expect(await bridge.exitCode, bridge.said).toBe(15)
    expect(bridge.said).toMatch(
      new RegExp(
        `many\\d\\.yaml:\\d+:\\d+: spans\\.nine\\.attributes\\.a${readable}\\.value: asks for arg${readable}`,
      ),
    )
    expect(bridge.said).toContain(`reads none beyond arg${readable - 1}`)
  })
})
