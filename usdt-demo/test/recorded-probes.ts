// Probes that write down what they were given, in the order in which they fired: what a tracer would see.
import type { Probes } from '../src/addon.ts'

export interface FiredProbe {
  probe: keyof Probes
  values: readonly unknown[]
}

export function recordedProbes(): { probes: Probes; fired: FiredProbe[] } {
  const fired: FiredProbe[] = []
  const record =
    (probe: keyof Probes) =>
    (...values: unknown[]): void =>
      void fired.push({ probe, values })
  const probes: Probes = {
    requestStart: record('requestStart'),
    requestEnd: record('requestEnd'),
    queryStart: record('queryStart'),
    queryEnd: record('queryEnd'),
    paymentStart: record('paymentStart'),
    paymentEnd: record('paymentEnd'),
  }
  return { probes, fired }
}
