// Settings from flags, environment and a file together: which wins, what is told of mistakes, what is printed.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { printConfig, readConfig } from '../src/index.ts'
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
  expect(readConfig({ PROBESPAN_CONFIG: config }).forward).toMatchObject({
    headers: { authorization: 'Bearer t' },
  })
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
