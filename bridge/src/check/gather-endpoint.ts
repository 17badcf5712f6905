// The OTLP endpoint as a fact: how it answers a request without spans, sent by the very transport that the bridge sends
// by, with its headers, certificates, compression and timeout. Nothing is stored by it.
import type { BridgeConfig } from '../config.ts'
import { openTransport } from '../deliver/open-delivery.ts'
import { BridgeError } from '../errors.ts'
import type { EndpointFacts } from './facts.ts'

/** No bytes are the protobuf of a request that has no spans. */
const emptyRequest = { bytes: Buffer.alloc(0), spanCount: 0 }

/** Never rejects for an operational error. */
export async function gatherEndpoint(
  { protocol, tracesUrl }: Pick<BridgeConfig, 'protocol' | 'tracesUrl'>,
  env: NodeJS.ProcessEnv,
): Promise<EndpointFacts> {
  const headersGiven = Boolean(env.OTEL_EXPORTER_OTLP_HEADERS || env.OTEL_EXPORTER_OTLP_TRACES_HEADERS)
  const remarks: string[] = []
  const about = { url: tracesUrl, protocol, headersGiven, remarks }
  try {
    const transport = await openTransport({ protocol, tracesUrl }, (text) => remarks.push(text))
    const outcome = await transport.send(emptyRequest)
    transport.close()
    return { ...about, outcome }
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    return { ...about, failure: error.message }
  }
}
