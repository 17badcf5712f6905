// The bridge's bench: live against a program that fires as fast as it can, on every bpftrace of this machine; the same
// kind of stream from a pipe; and memory with 100,000 spans open. One figure at a time goes to `print`.
import { availableVersions, missingVersions } from '../test/roots/versions.ts'
import { measureLive } from './live.ts'
import { measureMemory } from './memory.ts'
import { measurePipe } from './pipe.ts'

export type Figure = { figure: string; value: number; unit: string }

export async function run(print: (figure: Figure) => void): Promise<void> {
  measurePipe(print)
  print({ figure: 'bridge.peak_rss_mb', value: await measureMemory(), unit: 'MB' })
  for (const { suite, reason } of missingVersions()) {
    process.stderr.write(`not measured: bpftrace of ${suite}: ${reason}\n`)
  }
  let lostByBridge = 0
  for (const { version, program } of availableVersions()) {
    for (const pairing of ['bridge', 'kernel'] as const) {
      const live = await measureLive(program, pairing)
      const name = `${version}.${pairing}`
      print({ figure: `bridge.cpu_ratio.${name}`, value: live.cpuRatio, unit: 'bridge CPU / bpftrace CPU' })
      print({ figure: `bridge.live_spans_per_s.${name}`, value: live.spansPerS, unit: 'spans/s' })
      print({ figure: `bridge.cpu_us_per_span.${name}`, value: live.bridgeCpuUs, unit: 'µs' })
      print({ figure: `bridge.bpftrace_cpu_us_per_span.${name}`, value: live.bpftraceCpuUs, unit: 'µs' })
      print({ figure: `bridge.fired_pairs_per_s.${name}`, value: live.firedPerS, unit: 'pairs/s' })
      print({ figure: `bridge.lost_in_kernel.${name}`, value: live.lostInKernel, unit: 'events' })
      print({ figure: `bridge.malformed.${name}`, value: live.malformed, unit: 'lines' })
      print({ figure: `bridge.live_rss_mb.${name}`, value: live.rssMb, unit: 'MB' })
      lostByBridge += live.lostByBridge
    }
  }
  print({ figure: 'bridge.lost_by_bridge', value: lostByBridge, unit: 'events and spans' })
}
