// One live run: a program that fires probes as fast as it can, bpftrace and the bridge on it, a receiver. CPU is that
// of the whole processes, from /proc, and spans are counted by the bridge's metrics, both from `warmUpSeconds` on: a
// bridge runs for days, and V8's compiling of the first seconds would count for half of so short a run.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { nodeOptions } from '../src/heap.ts'

const warmUpSeconds = 5
const seconds = 15
const deadlineMs = 60_000
/** Of /proc/PID/stat; Linux has had no other for long. */
const ticksPerSecond = 100
export type Pairing = 'bridge' | 'kernel'
const definition = (pairing: Pairing): string => `name: bench
provider: bench
pair: ${pairing}
resource: { service.name: bench }
spans:
  work:
    start: work_start
    end: work_end
    match: arg0
    attributes: { status: { at: end, value: (int64)arg1 } }
`

export type Live = {
  cpuRatio: number
  spansPerS: number
  bridgeCpuUs: number
  bpftraceCpuUs: number
  firedPerS: number
  lostInKernel: number
  lostByBridge: number
  malformed: number
  rssMb: number
}

export async function measureLive(bpftrace: string, pairing: Pairing): Promise<Live> {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-bench-'))
  const receiver = await startReceiver()
  try {
    const pack = join(folder, 'bench.yaml')
    writeFileSync(pack, definition(pairing))
    const fire = compile(folder)
    const target = spawn(fire, [(warmUpSeconds + seconds).toString()], { stdio: ['pipe', 'pipe', 'inherit'] })
    return await measure(target, { PROBESPAN_BPFTRACE: bpftrace, PROBESPAN_PACK: pack }, receiver)
  } finally {
    receiver.server.close()
    receiver.server.closeAllConnections()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(
  target: ChildProcess,
  env: Record<string, string>,
  receiver: { url: string },
): Promise<Live> {
  const metrics = await freeAddress()
  const bridge = startBridge(
    { ...env, TARGET_PID: `${target.pid}`, PROBESPAN_BRIDGE_LISTEN: metrics },
    receiver.url,
  )
  const said = textOf(bridge)
  const counted = textOf(target)
  await until(() => said().includes('attached to'), said)
  const bridgePid = bridge.pid ?? 0
  const bpftracePid = childOf(bridgePid)
  const snapshot = async (): Promise<Snapshot> => ({
    bridgeCpu: cpuSeconds(bridgePid),
    bpftraceCpu: cpuSeconds(bpftracePid),
    spans: await spansMade(metrics),
    atMs: performance.now(),
  })
  target.stdin?.write('\n')
  await sleep(warmUpSeconds * 1000)
  const before = await snapshot()
  await sleep(seconds * 1000)
  const after = await snapshot()
  await until(() => /^\d+\n/.test(counted()), said)
  const rssMb = peakRssMb(bridgePid)
  while ((await metric(metrics, 'queued_spans')) > 0) await sleep(100)
  target.stdin?.end()
  await until(() => bridge.exitCode !== null, said)
  const spans = after.spans - before.spans
  if (spans === 0) throw new Error(`no spans: ${said()}`)
  const bridgeCpu = after.bridgeCpu - before.bridgeCpu
  const bpftraceCpu = after.bpftraceCpu - before.bpftraceCpu
  const number = (pattern: RegExp): number => Number(pattern.exec(said())?.[1] ?? 0)
  const lostByBridge = number(/(\d+) overlongLines/) + number(/(\d+) dropped/)
  // bpftrace 0.23.2 under such a load prints some tuples wrong, also with nobody behind it.
  const malformed = number(/(\d+) malformed/)
  if (lostByBridge + malformed > 0) process.stderr.write(said())
  return {
    cpuRatio: round(bridgeCpu / bpftraceCpu, 3),
    spansPerS: Math.round((spans * 1000) / (after.atMs - before.atMs)),
    bridgeCpuUs: round((bridgeCpu * 1e6) / spans, 2),
    bpftraceCpuUs: round((bpftraceCpu * 1e6) / spans, 2),
    firedPerS: Math.round(Number(counted().split('\n')[0]) / (warmUpSeconds + seconds)),
    lostInKernel: number(/(\d+) events lost in the kernel/),
    lostByBridge,
    malformed,
    rssMb,
  }
}

/** CPU in seconds; complete and incomplete spans. */
type Snapshot = { bridgeCpu: number; bpftraceCpu: number; spans: number; atMs: number }

const spansMade = (metrics: string): Promise<number> =>
  metric(metrics, '(?:spans|expired|superseded|evicted)_total')

/** The sum of all metrics whose name behind `probespan_bridge_` fits. */
async function metric(metrics: string, pattern: string): Promise<number> {
  const text = await (await fetch(`http://${metrics}/metrics`)).text()
  const values = new RegExp(`^probespan_bridge_${pattern}(?:{.*})? (\\d+)`, 'gm')
  return [...text.matchAll(values)].reduce((sum, [, count]) => sum + Number(count), 0)
}

async function freeAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return `127.0.0.1:${address.port}`
}

function startBridge(env: Record<string, string>, receiverUrl: string): ChildProcess {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  return spawn(process.execPath, [...nodeOptions, main], {
    env: {
      ...process.env,
      ...env,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiverUrl,
      // The disk is not what is measured here.
      PROBESPAN_SPOOL: '',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

function compile(folder: string): string {
  const program = join(folder, 'fire')
  execFileSync('cc', ['-O2', '-o', program, fileURLToPath(new URL('fire.c', import.meta.url))])
  return program
}

async function startReceiver(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the receiver listens on no port')
  return { url: `http://127.0.0.1:${address.port}`, server }
}

function textOf(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  }
  return () => text
}

/** The bridge has one child: bpftrace. */
function childOf(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean),
  )
  return Number(children[0])
}

function cpuSeconds(pid: number): number {
  // After the name, which may hold anything, in parentheses; user and system time are fields 14 and 15.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function peakRssMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1024)
}

async function until(done: () => boolean, said: () => string): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!done()) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms:\n${said()}`)
    await sleep(20)
  }
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
