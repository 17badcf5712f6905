// What `probespan traces` and `probespan trace` answer, as text.
import { AskError, findTraces, readTrace, type IngestAddress } from '../client/ingest-client.ts'
import { traceTable } from './table.ts'
import { traceTree } from './tree.ts'

export type TracesOptions = {
  source?: string
  service?: string
  /** Nanoseconds back from now. */
  since?: bigint
  name?: string
  status?: string
  /** Nanoseconds. */
  minDuration?: bigint
  maxDuration?: bigint
  attribute?: string[]
  limit: number
  json?: boolean
}

export async function showTraces(address: IngestAddress, options: TracesOptions): Promise<string> {
  const { source, service, since, name, status, minDuration, maxDuration, attribute, limit } = options
  const traces = await findTraces(address, {
    limit,
    ...(source !== undefined && { source }),
    ...(service !== undefined && { service }),
    ...(name !== undefined && { name }),
    ...(status !== undefined && { status }),
    ...(minDuration !== undefined && { durationMin: minDuration }),
    ...(maxDuration !== undefined && { durationMax: maxDuration }),
    ...(attribute !== undefined && { attributes: attribute }),
    ...(since !== undefined && { startUnixNano: BigInt(Date.now()) * 1_000_000n - since }),
  })
  if (options.json === true) return traces.map((trace) => JSON.stringify(trace)).join('\n')
  if (traces.length > 0) return traceTable(traces)
  const filters = [source, service, since, name, status, minDuration, maxDuration, attribute]
  const filtered = filters.some((each) => each !== undefined)
  return filtered
    ? 'No trace fits these filters: try fewer, or a longer --since.'
    : `No traces are stored yet. Send OTLP to ${address.url}/v1/traces, or watch a process: probespan bridge --help`
}

export async function showTrace(address: IngestAddress, id: string, json: boolean): Promise<string> {
  if (!/^[0-9a-f]{32}$/i.test(id)) {
    throw new AskError(`"${id}" is no trace id: it has 32 hexadecimal digits; "probespan traces" lists them`)
  }
  const trace = await readTrace(address, id.toLowerCase())
  return json ? JSON.stringify(trace) : traceTree(trace)
}
