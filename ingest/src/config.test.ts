import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const mistakes = (env: Record<string, string>): string => {
  try {
    readConfig(env)
    return ''
  } catch (error) {
    return String(error)
  }
}

test('with nothing set it listens on loopback, takes traces and forwards none', () => {
  expect(readConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 3051,
    databasePath: `${process.cwd()}/.data/probespan.db`,
    ingestionEnabled: true,
    keys: [],
    destinations: [],
  })
})

test('an empty variable counts as not set', () => {
  expect(readConfig({ PROBESPAN_PORT: '', TRACES_INGESTION_API_KEY: '' })).toMatchObject({
    port: 3051,
    keys: [],
  })
})

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s needs no key', (host) => {
  expect(mistakes({ PROBESPAN_HOST: host })).toBe('')
})

test.each(['0.0.0.0', '::', '10.0.0.1', 'example.org', '127.0.0.1.example.org'])('%s needs a key', (host) => {
  expect(mistakes({ PROBESPAN_HOST: host })).toMatch(
    /neither TRACES_INGESTION_API_KEY nor PROBESPAN_KEYS_FILE is set/,
  )
  expect(mistakes({ PROBESPAN_HOST: host, TRACES_INGESTION_API_KEY: 'k' })).toBe('')
})

test('forwarding takes the OTEL_EXPORTER variables', () => {
  const env = {
    OTEL_EXPORTER_ENABLED: 'true',
    OTEL_EXPORTER_ENDPOINT: 'http://jaeger:4318/v1/traces',
    OTEL_EXPORTER_HEADERS: '{"Authorization":"Bearer t"}',
  }
  expect(readConfig(env).destinations).toMatchObject([
    {
      name: 'otlp',
      protocol: 'http/protobuf',
      endpoint: 'http://jaeger:4318/v1/traces',
      headers: { Authorization: 'Bearer t' },
      batchSpansMax: 100,
      flushIntervalMs: 5_000,
    },
  ])
  expect(readConfig({ ...env, OTEL_EXPORTER_ENABLED: 'false' }).destinations).toEqual([])
})

test('an address with a password and a header that cannot be sent are refused, and not repeated', () => {
  const told = mistakes({
    OTEL_EXPORTER_ENABLED: 'true',
    OTEL_EXPORTER_ENDPOINT: 'http://user:hidden@host/',
    OTEL_EXPORTER_HEADERS: '{"x-key":"hidden\\n"}',
  })
  expect(told).toContain('OTEL_EXPORTER_ENDPOINT must not hold a user and password')
  expect(told).toContain('the header "x-key" has letters that a header cannot have')
  expect(told).not.toContain('hidden')
})

test('every mistake is told at once, with its value unless that may be a secret', () => {
  const told = mistakes({
    PROBESPAN_PORT: '70000',
    TRACES_INGESTION_ENABLED: 'perhaps',
    OTEL_EXPORTER_ENABLED: 'true',
    OTEL_EXPORTER_ENDPOINT: 'ftp://user:hidden@host/',
    OTEL_EXPORTER_HEADERS: 'X-API-Key=hidden',
    OTEL_EXPORTER_BATCH_SIZE: '0',
  })
  expect(told.match(/^ {2}- /gm)).toHaveLength(5)
  expect(told).toContain('PROBESPAN_PORT must be an integer from 0 to 65535 (it is "70000")')
  expect(told).not.toContain('hidden')
  expect(mistakes({ OTEL_EXPORTER_ENABLED: 'true' })).toMatch(/OTEL_EXPORTER_ENDPOINT must be set/)
})

test('settings that do not go together are told beside the others', () => {
  const told = mistakes({ PROBESPAN_PORT: 'x', PROBESPAN_HOST: '0.0.0.0', OTEL_EXPORTER_ENABLED: 'true' })
  expect(told.match(/^ {2}- /gm)).toHaveLength(3)
})

test('no port is asked for twice; where the service itself is on a standard port, there is no second listener', () => {
  expect(mistakes({ PROBESPAN_PORT: '7', PROBESPAN_OTLP_GRPC_PORT: '7' })).toMatch(
    /PROBESPAN_PORT and PROBESPAN_OTLP_GRPC_PORT are both 7/,
  )
  expect(
    mistakes({ PROBESPAN_OTLP_HTTP_PORT: '0', PROBESPAN_OTLP_GRPC_PORT: '0', PROBESPAN_PORT: '0' }),
  ).toBe('')
  expect(readConfig({ PROBESPAN_PORT: '4318' })).toMatchObject({
    otlpHttp: undefined,
    otlpGrpc: { port: 4317 },
  })
})

test('what all requests may hold together must be three times what one may', () => {
  const env = { PROBESPAN_REQUEST_BYTES_MAX: '100000000', PROBESPAN_INTAKE_BYTES_MAX: '299999999' }
  expect(mistakes(env)).toMatch(/INTAKE_BYTES_MAX \(299999999\) must be at least 3 times .*\(100000000\)/)
  expect(readConfig({ ...env, PROBESPAN_INTAKE_BYTES_MAX: '300000000' })).toMatchObject({
    requestBytesMax: 100_000_000,
    intakeBytesMax: 300_000_000,
  })
})

test('an extra port is standard unless it is set, and may be off', () => {
  expect(readConfig({})).toMatchObject({
    otlpHttp: { port: 4318, standard: true },
    otlpGrpc: { port: 4317, standard: true },
  })
  expect(readConfig({ PROBESPAN_OTLP_HTTP_PORT: 'off' }, ['--otlp-grpc-port', '4317'])).toMatchObject({
    otlpHttp: undefined,
    otlpGrpc: { port: 4317, standard: false },
  })
})
