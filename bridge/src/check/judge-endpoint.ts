// How the OTLP endpoint answered an empty request, to findings.
import type { Outcome } from '../deliver/transport.ts'
import type { EndpointFacts } from './facts.ts'
import { fix, note, ok, type Finding } from './finding.ts'

const keyVariable = 'OTEL_EXPORTER_OTLP_HEADERS=X-API-Key=KEY'
const protocolVariable = 'OTEL_EXPORTER_OTLP_PROTOCOL'

export function judgeEndpoint(facts: EndpointFacts): Finding[] {
  const remarks = facts.remarks.map((text) => note('endpoint', text))
  if ('failure' in facts) {
    return [...remarks, fix('endpoint', `nothing can be sent to ${facts.url}`, facts.failure)]
  }
  const { outcome, url, protocol } = facts
  if (outcome.kind !== 'taken') return [...remarks, judgeFailure(outcome, facts)]
  return [...remarks, ok('endpoint', `${url} takes spans, by ${protocol}`)]
}

type Failure = Exclude<Outcome, { kind: 'taken' }>
type Judgement = { codes: readonly string[]; found: string; remedy: string }

function judgeFailure(outcome: Failure, facts: EndpointFacts): Finding {
  const { code = '', reason } = outcome
  const { url, headersGiven } = facts
  if (keyCodes.has(code)) {
    return headersGiven
      ? fix(
          'endpoint',
          `${url} refuses the key in OTEL_EXPORTER_OTLP_HEADERS (${code})`,
          `correct it: ${keyVariable}`,
        )
      : fix('endpoint', `${url} wants a key (${code})`, `give it: ${keyVariable}`)
  }
  const answer = answers.find(({ codes }) => codes.includes(code))
  if (answer) return fix('endpoint', `${url} answers ${code}: ${answer.found}`, answer.remedy)
  if (/^3\d\d$/.test(code)) {
    return fix(
      'endpoint',
      `${url} answers ${code}, a redirect, which exporters do not follow`,
      'give --endpoint the address it leads to',
    )
  }
  if (/^5\d\d$/.test(code))
    return fix('endpoint', `${url} answers ${code}: it takes nothing at the moment`, askIt)
  const trouble = troubles.find(({ said }) => said.test(`${code} ${reason}`))
  if (trouble) return fix('endpoint', `${url} ${trouble.found}`, trouble.remedy)
  if (outcome.kind === 'refused') {
    return note('endpoint', `${url} answers ${code} to an empty request: some receivers refuse that alone`)
  }
  return fix('endpoint', `${url} does not answer (${reason})`, startIt)
}

const keyCodes: ReadonlySet<string> = new Set(['401', '403', 'UNAUTHENTICATED', 'PERMISSION_DENIED'])
const askIt = 'look at what the receiver itself says'
const startIt = 'start ingest ("probespan ingest"), or name another with --endpoint'

/** By a status of HTTP or of gRPC. */
const answers: readonly Judgement[] = [
  {
    codes: ['404', '405'],
    found: 'no OTLP receiver there',
    remedy: 'correct --endpoint; /v1/traces is added to what is given',
  },
  {
    codes: ['UNIMPLEMENTED'],
    found: 'no OTLP receiver for traces there',
    remedy: 'correct --endpoint: host and port of a receiver of OTLP over gRPC, usually 4317',
  },
  {
    codes: ['415'],
    found: 'it does not take OTLP as protobuf over HTTP',
    remedy: `name an endpoint that does, or its gRPC port with ${protocolVariable}=grpc`,
  },
  { codes: ['429', 'RESOURCE_EXHAUSTED'], found: 'it takes nothing at the moment', remedy: askIt },
]

/**
 * By the words of Node, OpenSSL and grpc-js, which puts them behind "UNAVAILABLE"; collected with Node 24 and grpc-js
 * 1.14. The first that fits.
 */
const troubles: readonly { said: RegExp; found: string; remedy: string }[] = [
  {
    said: /ENOTFOUND|EAI_AGAIN|Name resolution failed/,
    found: 'is not found: no such host',
    remedy: 'correct the host name in --endpoint or OTEL_EXPORTER_OTLP_ENDPOINT',
  },
  {
    said: /ALTNAME_INVALID|altnames/,
    found: 'has a certificate for other names than this',
    remedy: 'give the endpoint by a name that its certificate has',
  },
  {
    said: /CERT_HAS_EXPIRED|certificate has expired|CERT_NOT_YET_VALID|not yet valid/,
    found: 'has a certificate that is not valid now',
    remedy: 'renew it at the receiver, or correct the clock of this machine',
  },
  {
    said: /CERTIFICATE_REQUIRED|certificate required|HANDSHAKE_FAILURE|handshake failure/,
    found: 'wants a certificate of its clients',
    remedy: 'give it: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=FILE and OTEL_EXPORTER_OTLP_CLIENT_KEY=FILE',
  },
  {
    said: /SELF_SIGNED|self.signed|UNABLE_TO|unable to (verify|get)|_CERT|certificate/,
    found: 'has a certificate that is not trusted here',
    remedy: 'trust its authority: OTEL_EXPORTER_OTLP_CERTIFICATE=FILE (PEM), for the bridge and this check',
  },
  {
    said: /wrong version number|EPROTO/,
    found: 'speaks no TLS',
    remedy: 'write http:// instead of https:// in the endpoint',
  },
  {
    said: /no application protocol|Protocol error/,
    found: 'speaks no gRPC',
    remedy: `name its gRPC port, usually 4317; or set ${protocolVariable}=http/protobuf`,
  },
  {
    said: /HPE_|Parse Error/,
    found: 'answers, but not by HTTP: perhaps by gRPC',
    remedy: `set ${protocolVariable}=grpc, or name its HTTP port, usually 4318`,
  },
  {
    said: /ECONNRESET|socket hang up|Failed to connect/,
    found: 'closes the connection: perhaps it wants TLS, or speaks another protocol',
    remedy: `write https:// where it has a certificate; ${protocolVariable} is http/protobuf or grpc`,
  },
  { said: /ECONNREFUSED/, found: 'does not answer (ECONNREFUSED)', remedy: startIt },
]
