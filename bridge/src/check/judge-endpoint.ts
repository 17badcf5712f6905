// How the OTLP endpoint answered an empty request, to a finding.
import type { EndpointFacts } from './facts.ts'
import { fix, note, ok, type Finding } from './finding.ts'

const keyVariable = 'OTEL_EXPORTER_OTLP_HEADERS=X-API-Key=KEY'

export function judgeEndpoint(facts: EndpointFacts): Finding {
  return 'status' in facts ? judgeStatus(facts.status, facts) : judgeError(facts.errorCode, facts.url)
}

function judgeStatus(status: number, { url, headersGiven }: EndpointFacts): Finding {
  const said = `${url} answers ${status}`
  if (status >= 200 && status < 300) return ok('endpoint', `${said}: it takes spans`)
  if (status === 401 || status === 403) {
    return headersGiven
      ? fix('endpoint', `${said} to the key in OTEL_EXPORTER_OTLP_HEADERS`, `correct the key: ${keyVariable}`)
      : fix('endpoint', `${said}: it wants a key`, `give it: ${keyVariable}`)
  }
  if (status === 404 || status === 405) {
    return fix(
      'endpoint',
      `${said}: no OTLP receiver there`,
      'correct --endpoint; /v1/traces is added to what is given',
    )
  }
  if (status === 415) {
    return fix(
      'endpoint',
      `${said}: it does not take OTLP as protobuf over HTTP`,
      'name an endpoint that does',
    )
  }
  if (status >= 300 && status < 400) {
    return fix(
      'endpoint',
      `${said}, a redirect, which exporters do not follow`,
      'give --endpoint the address it leads to',
    )
  }
  if (status === 429 || status >= 500) {
    return fix('endpoint', `${said}: it takes nothing at the moment`, 'look at what the receiver itself says')
  }
  return note('endpoint', `${said} to an empty request: some receivers refuse that alone`)
}

function judgeError(code: string, url: string): Finding {
  const found = `${url} does not answer (${code})`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return fix('endpoint', found, 'correct the host name in --endpoint or OTEL_EXPORTER_OTLP_ENDPOINT')
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code)) {
    return fix(
      'endpoint',
      `the certificate of ${url} is not trusted (${code})`,
      'trust its authority: NODE_EXTRA_CA_CERTS=FILE, for the bridge and this check',
    )
  }
  return fix('endpoint', found, 'start ingest ("probespan ingest"), or name another with --endpoint')
}
