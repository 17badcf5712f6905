// `probespan bench ROOM`: the room's own bench, which prints each figure as one JSON line, behind one line that says
// on what machine. A bench is loaded only when asked for: it is no part of what the command line needs.
import { cpus, release } from 'node:os'

export type Figure = { figure: string; value: number; unit: string }
type Bench = { run(print: (figure: Figure) => void, short: boolean): Promise<void> }

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  ingest: () => import('@probespan/ingest/bench'),
  query: () => import('@probespan/ingest/bench/query'),
  bridge: () => import('@probespan/bridge/bench'),
}

export async function runBench(room: string, short: boolean): Promise<number> {
  const load = benches[room]
  if (!load) {
    process.stderr.write(`probespan: no bench "${room}": one of ${Object.keys(benches).join(', ')}\n`)
    return 2
  }
  const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
  print({
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version },
  })
  const bench = await load()
  await bench.run(print, short)
  return 0
}
