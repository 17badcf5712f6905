// Settings from flags, environment and a file together: which wins, what is told of mistakes, what is printed.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { printConfig, readConfig } from '../src/index.ts'
import { createAuthority } from './certificates.ts'
import { endOfMain, temporaryFolder } from './running.ts'

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'probespan.yaml')
  writeFileSync(path, text)
  return path
}

function mistakesOf(env: Record<string, string>, args: string[] = []): string[] {
  try {
    readConfig(env, args)
    return []
  } catch (error) {
    return error instanceof Error
      ? [...error.message.matchAll(/^ {2}- (.*)$/gm)].map(([, line = '']) => line)
      : []
  }
}

test('a flag wins over a variable, that over the file, that over the default', () => {
  const config = fileOf('port: 1\nhost: 127.0.0.1\notlp-http-port: off\ndb: from-file.db\nlog-level: debug\n')
  const env = { PROBESPAN_CONFIG: config, PROBESPAN_PORT: '2', PROBESPAN_LOG_LEVEL: '' }
  const found = readConfig({ ...env, PROBESPAN_DB: 'from-env.db' }, ['--port', '3', '--db=from-flag.db'])
  expect(found).toMatchObject({ port: 3, logLevel: 'debug', otlpHttp: undefined, otlpGrpc: { port: 4317 } })
  expect(found.databasePath).toMatch(/from-flag\.db$/)
  expect(readConfig(env)).toMatchObject({ port: 2 })
  expect(readConfig({}, ['--config', config])).toMatchObject({ port: 1 })
})

test('a JSON file does as well, and may hold what is an object in a variable', () => {
  const config = fileOf(
    JSON.stringify({
      'otel-exporter-enabled': true,
      'otel-exporter-endpoint': 'http://jaeger:4318/v1/traces',
      'otel-exporter-headers': { authorization: 'Bearer t' },
    }),
  )
  expect(readConfig({ PROBESPAN_CONFIG: config }).destinations).toMatchObject([
    { name: 'otlp', headers: { authorization: 'Bearer t' } },
  ])
})

test('mistakes of all three are listed together, each with its place', () => {
  const config = fileOf(
    [
      'host: 127.0.0.1',
      'prot: 3051',
      'otel-exporter-batch-size: 0',
      'trace-sources:',
      '  - source: beyla',
      '    scope: mine',
      '  - source: nobody',
      '    scope: x',
      'intake-bytes-max: [1]',
    ].join('\n'),
  )
  const told = mistakesOf({ PROBESPAN_CONFIG: config, TRACES_INGESTION_ENABLED: 'perhaps' }, [
    '--port',
    '70000',
    '--portt=1',
    'ingest',
    '--traces-ingestion-api-key=hidden',
    '--host',
  ])
  for (const expected of [
    `${config}:2: prot is not known`,
    `${config}:7: trace-sources[1] must have a source (beyla, bpftrace, http, scheduler, otlp), and either scope`,
    `${config}:9: intake-bytes-max must be a text`,
    'TRACES_INGESTION_ENABLED must be true or false (it is "perhaps")',
    '--port must be an integer from 0 to 65535 (it is "70000")',
    '--portt is no flag',
    '"ingest" is no flag',
    '--traces-ingestion-api-key would show a secret',
    '--host needs a value',
  ]) {
    expect(told.join('\n')).toContain(expected)
  }
  expect(told).toHaveLength(9)
  expect(told.join('\n')).not.toContain('hidden')
  // A value that is refused by its setting is told with its place in the file too.
  expect(mistakesOf({ PROBESPAN_CONFIG: fileOf('\nport: 99999') })[0]).toMatch(
    /probespan\.yaml:2: port must be/,
  )
})

test('a file that is not there, no YAML, or a bomb of aliases is told', () => {
  expect(mistakesOf({ PROBESPAN_CONFIG: '/nonexistent.yaml' })).toEqual([
    expect.stringContaining('/nonexistent.yaml'),
  ])
  expect(mistakesOf({ PROBESPAN_CONFIG: fileOf('host: 1\nport: [') })[0]).toMatch(/probespan\.yaml:2: /)
  const bomb = [
    'a: &a [x,x]',
    ...'bcdefghijklmnop'.split('').map((name, at) => {
      const before = 'abcdefghijklmno'[at]
      return `${name}: &${name} [*${before},*${before},*${before},*${before}]`
    }),
  ].join('\n')
  expect(mistakesOf({ PROBESPAN_CONFIG: fileOf(bomb) })[0]).toMatch(/alias/i)
})

test('own rules of who sent a span are read from the file', () => {
  const config = fileOf(
    'trace-sources:\n' +
      '  - { source: scheduler, scope: cron }\n' +
      '  - source: http\n    resource-attribute: service.name\n    is: [dashboard, admin]\n',
  )
  expect(readConfig({ PROBESPAN_CONFIG: config }).sourceRules).toEqual([
    { source: 'scheduler', attribute: undefined, names: ['cron'] },
    { source: 'http', attribute: 'service.name', names: ['dashboard', 'admin'] },
  ])
})

test('destinations are read from the file, their secrets from variables and files, none of them printed', () => {
  const folder = temporaryFolder()
  const { certPath } = createAuthority(folder, 'authority')
  writeFileSync(join(folder, 'token'), 'from-file\n')
  const config = fileOf(
    [
      'destinations:',
      '  - name: jaeger',
      '    endpoint: http://jaeger:4318/v1/traces?key=hidden-query',
      '  - name: Tempo_eu.1',
      '    endpoint: https://tempo:4317',
      '    protocol: grpc',
      '    compression: gzip',
      `    ca-file: ${certPath}`,
      `    headers: { x-a: hidden-text, x-b: { env: TOKEN }, x-c: { file: ${join(folder, 'token')} } }`,
      '    batch-size: 500',
      '    flush-interval-ms: 1000',
      '    timeout-ms: 5000',
      '    sources: [ebpf, otlp]',
      '    services: [shop]',
      '    lag-limit: { spans: 1000, bytes: 2GiB, age: 1d }',
      '    refused-bytes: none',
    ].join('\n'),
  )
  const env = { PROBESPAN_CONFIG: config, TOKEN: 'hidden-variable' }
  const [jaeger, tempo] = readConfig(env).destinations
  expect(jaeger).toEqual({
    name: 'jaeger',
    protocol: 'http/protobuf',
    endpoint: 'http://jaeger:4318/v1/traces?key=hidden-query',
    headers: {},
    compression: 'none',
    tls: { ca: undefined, cert: undefined, key: undefined },
    batchSpansMax: 1_000,
    flushIntervalMs: 5_000,
    timeoutMs: 30_000,
    choice: { sources: undefined, services: undefined },
    lagLimit: { spans: undefined, bytes: undefined, ageMs: undefined },
    refusedBytesMax: 64 * 2 ** 20,
  })
  expect(tempo).toMatchObject({
    protocol: 'grpc',
    headers: { 'x-a': 'hidden-text', 'x-b': 'hidden-variable', 'x-c': 'from-file' },
    choice: { sources: ['beyla', 'bpftrace', 'otlp'], services: ['shop'] },
    lagLimit: { spans: 1_000, bytes: 2 * 2 ** 30, ageMs: 86_400_000 },
    refusedBytesMax: Number.MAX_SAFE_INTEGER,
  })
  const printed = printConfig(env, [])
  expect(printed).not.toMatch(/hidden-(query|text|variable)|from-file/)
  const { destinations } = parse(printed) as { destinations: { headers: object }[] }
  expect(destinations[1]?.headers).toMatchObject({ 'x-a': '(hidden)', 'x-b': { env: 'TOKEN' } })
})

test('mistakes in destinations are told with their lines, and no secret', () => {
  const config = fileOf(
    [
      'destinations:',
      '  - { name: a, endpoint: "ftp://x" }',
      '  - { name: a b, endpoint: "http://x", batch-size: 0 }',
      '  - { name: c, endpoint: "http://x:4317/v1/traces", protocol: grpc }',
      '  - { name: d, endpoint: "http://x", sources: [nobody], lag-limit: { age: soon } }',
      '  - { name: e, endpoint: "http://x", compresion: gzip }',
      '  - { endpoint: "http://x" }',
    ].join('\n'),
  )
  const told = mistakesOf({ PROBESPAN_CONFIG: config }).join('\n')
  for (const expected of [
    '2: destinations[0].endpoint must be an http or https URL',
    '3: destinations[1].name must be 1 to 63 letters',
    '3: destinations[1].batch-size must be a whole number from 1 to 8000',
    '4: destinations[2].endpoint must be scheme, host and port alone',
    '5: destinations[3].sources[0] must be one of beyla',
    '5: destinations[3].lag-limit.age must be a number and s, m, h or d',
    '6: destinations[4].compresion is not known',
    '7: destinations[5].name must be a text',
  ]) {
    expect(told).toContain(`${config}:${expected}`)
  }
  const folder = temporaryFolder()
  const [one, other] = [createAuthority(folder, 'one'), createAuthority(folder, 'other')]
  const references = fileOf(
    [
      'destinations:',
      '  - { name: a, endpoint: "http://x", headers: { x: { env: NOT_SET }, y: { file: /nonexistent } } }',
      '  - { name: a, endpoint: "http://x", ca-file: /nonexistent.pem }',
      '  - { name: otlp, endpoint: "http://x", headers: { "bad name": v, z: "hidden\\n" } }',
      `  - { name: b, endpoint: "https://x", cert-file: ${one.certPath} }`,
      `  - { name: c, endpoint: "https://x", cert-file: ${one.certPath}, key-file: ${other.keyPath} }`,
    ].join('\n'),
  )
  const env = { OTEL_EXPORTER_ENABLED: 'true', OTEL_EXPORTER_ENDPOINT: 'http://x' }
  const unresolved = mistakesOf({ PROBESPAN_CONFIG: references, ...env }).join('\n')
  for (const expected of [
    '2: destination "a": the header x cannot be read: NOT_SET is not set',
    '2: destination "a": the header y cannot be read: ENOENT',
    '3: destination "a": another destination has the same name',
    '3: destination "a": ca-file is of no use: its endpoint is not https',
    '3: destination "a": ca-file /nonexistent.pem cannot be used: ENOENT',
    '4: destination "otlp": another destination has the same name',
    '4: destination "otlp": the header "bad name" has letters',
    '4: destination "otlp": the header "z" has letters',
    '5: destination "b": a certificate to show needs both cert-file and key-file',
    `6: destination "c": cert-file ${one.certPath}, key-file ${other.keyPath} cannot be used: `,
  ]) {
    expect(unresolved).toContain(`${references}:${expected}`)
  }
  expect(unresolved).not.toContain('hidden')
})

test('what is printed names each origin, hides secrets, and can be read again', () => {
  const config = fileOf('otlp-grpc-port: off\ntrace-sources: [{ source: http, scope: mine }]\n')
  const env = {
    PROBESPAN_CONFIG: config,
    TRACES_INGESTION_API_KEY: 'hidden-key',
    OTEL_EXPORTER_HEADERS: '{"x":"hidden-header"}',
  }
  const printed = printConfig(env, ['--port', '7'])
  expect(printed).toContain('port: 7 # --port\n')
  expect(printed).toContain('host: 127.0.0.1 # default\n')
  expect(printed).toContain(`otlp-grpc-port: off # ${config}:1: otlp-grpc-port\n`)
  expect(printed).toContain('traces-ingestion-api-key: (hidden) # TRACES_INGESTION_API_KEY\n')
  expect(printed).not.toMatch(/hidden-(key|header)/)
  const settings = parse(printed) as Record<string, unknown>
  delete settings['otel-exporter-headers']
  const again = readConfig({ PROBESPAN_CONFIG: fileOf(JSON.stringify(settings)) })
  expect(again).toMatchObject({
    port: 7,
    otlpGrpc: undefined,
    sourceRules: [{ source: 'http', names: ['mine'] }],
  })
})

test('--print-config and --help answer and end; a mistake in a flag ends with 2', async () => {
  const printed = await endOfMain({}, ['--print-config', '--port', '0'])
  expect(printed).toMatchObject({ code: 0, stdout: expect.stringContaining('port: 0 # --port') })
  const help = await endOfMain({}, ['--help'])
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--otlp-grpc-port') })
  expect(help.stdout).not.toContain('--traces-ingestion-api-key')
  expect(await endOfMain({}, ['--prot', '0'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--prot'),
  })
})
