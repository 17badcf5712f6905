// What would break: a bridge that traces or sends elsewhere than it was told, or that tells mistakes one a run.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readConfig, type BridgeFlags } from './config.ts'
import { BridgeError } from './errors.ts'

const script = fileURLToPath(import.meta.url)
const base = { BPFTRACE_SCRIPT: script }
/** Where and how spans go out, if nothing is said of it. */
const delivery = { protocol: 'http/protobuf', spool: { kind: 'default' }, spoolBytesMax: 268_435_456 }

function mistakes(env: NodeJS.ProcessEnv, flags: BridgeFlags = {}): string[] {
  try {
    readConfig(env, flags)
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'config_invalid') return error.message.split('\n')
    throw error
  }
  return []
}

test('the environment of the FOSDEM exporter alone is enough; what it leaves out has its default', () => {
  expect(readConfig(base)).toEqual({
    sources: [{ kind: 'script', path: script }],
    targets: [],
    tracesUrl: 'http://127.0.0.1:3051/v1/traces',
    bpftrace: 'bpftrace',
    ...delivery,
  })
  expect(
    readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'otel-collector:4318',
      TARGET_PID: '4711',
      BPFTRACE_SCRIPT: script,
      SERVICE_NAME: 'shop',
      PROBESPAN_BPFTRACE: '/opt/bpftrace',
    }),
  ).toEqual({
    sources: [{ kind: 'script', path: script }],
    targets: [{ kind: 'pid', pid: 4711 }],
    serviceName: 'shop',
    tracesUrl: 'http://otel-collector:4318/v1/traces',
    bpftrace: '/opt/bpftrace',
    ...delivery,
  })
})

test('a flag wins over its variable', () => {
  const env = {
    ...base,
    TARGET_PID: '5',
    SERVICE_NAME: 'env',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://env:1',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://env:2/x',
  }
  const flags = { pid: '7', serviceName: 'flag', endpoint: 'http://flag:3', pack: 'demo', record: '/tmp/r' }
  expect(readConfig(env, flags)).toMatchObject({
    sources: [{ kind: 'pack' }],
    targets: [{ kind: 'pid', pid: 7 }],
    serviceName: 'flag',
    tracesUrl: 'http://flag:3/v1/traces',
    recordPath: '/tmp/r',
  })
})

test.each([
  ['otel-collector:4318', 'http://otel-collector:4318/v1/traces'],
  ['http://otel-collector:4318', 'http://otel-collector:4318/v1/traces'],
  ['http://otel-collector:4318/', 'http://otel-collector:4318/v1/traces'],
  ['https://api.example.com/otlp//', 'https://api.example.com/otlp/v1/traces'],
  ['HTTPS://api.example.com', 'https://api.example.com/v1/traces'],
  ['localhost', 'http://localhost/v1/traces'],
  ['[::1]:4318', 'http://[::1]:4318/v1/traces'],
  ['127.0.0.1:3051', 'http://127.0.0.1:3051/v1/traces'],
])('OTEL_EXPORTER_OTLP_ENDPOINT=%s', (endpoint, url) => {
  const { tracesUrl } = readConfig({ ...base, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
  expect(new URL(tracesUrl).href).toBe(url)
  expect(readConfig(base, { endpoint }).tracesUrl).toBe(tracesUrl)
})

test('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is taken as it is, before the general one', () => {
  const env = {
    ...base,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other:4318',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4318/custom/path',
  }
  expect(readConfig(env).tracesUrl).toBe('http://traces:4318/custom/path')
})

test.each(['http://', 'ftp://host', 'grpc://host:4317', 'host:99999', 'http://a b', '://', 'http://:4318'])(
  'no endpoint: %s',
  (endpoint) => {
    expect(mistakes({ ...base, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toEqual([
      expect.stringMatching(/^the OTLP endpoint ".*" is no http or https URL: give one such as http:/),
    ])
  },
)

test('a variable that is set to nothing, as compose files do, counts as not set', () => {
  const env = {
    ...base,
    TARGET_PID: '',
    TARGET_EXE: '',
    TARGET_CONTAINER: '',
    SERVICE_NAME: '',
    OTEL_SERVICE_NAME: 'otel',
    OTEL_EXPORTER_OTLP_ENDPOINT: '',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '',
    PROBESPAN_PACK: '',
    PROBESPAN_BPFTRACE: '',
    PROBESPAN_SPOOL: '',
    PROBESPAN_SPOOL_BYTES_MAX: '',
    PROBESPAN_BRIDGE_LISTEN: '',
    OTEL_EXPORTER_OTLP_PROTOCOL: '',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: '',
  }
  expect(readConfig(env)).toEqual({ ...readConfig(base), serviceName: 'otel' })
})

test('SERVICE_NAME wins over OTEL_SERVICE_NAME', () => {
  expect(readConfig({ ...base, SERVICE_NAME: 'a', OTEL_SERVICE_NAME: 'b' }).serviceName).toBe('a')
})

test('a pack is a name of the project’s or a file', () => {
  const path = (pack: string): string => readConfig({}, { pack }).sources[0].path
  expect(path('demo')).toMatch(/\/scripts-bt\/demo\.yaml$/)
  expect(path('./mine.yaml')).toBe('./mine.yaml')
  expect(path('/etc/probespan/mine')).toBe('/etc/probespan/mine')
  expect(readConfig({ PROBESPAN_PACK: 'demo' }).sources[0]).toMatchObject({ kind: 'pack' })
})

test.each(['0', '-1', '1.5', 'abc', '01', '99999999999', '1 2'])('no pid: %s', (pid) => {
  expect(mistakes({ ...base, TARGET_PID: pid })).toEqual([
    `--pid or TARGET_PID is "${pid}": give a process id, such as 1`,
  ])
})

test('all mistakes at once, one a line', () => {
  expect(
    mistakes({ TARGET_PID: 'x', OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://x', BPFTRACE_SCRIPT: '/nowhere.bt' }),
  ).toEqual([
    expect.stringContaining('"ftp://x"'),
    expect.stringContaining('TARGET_PID is "x"'),
    expect.stringMatching(/the script \/nowhere\.bt does not exist: correct/),
  ])
  expect(mistakes({})).toEqual([expect.stringMatching(/nothing to trace: give --pack NAME.*--script FILE/)])
  expect(mistakes({ ...base, PROBESPAN_PACK: 'demo' })).toEqual([
    expect.stringMatching(/both a pack and a script.*choose/),
  ])
  expect(mistakes({}, { pack: 'demo', script })).toHaveLength(1)
  expect(mistakes(base, { record: 'a', replay: 'b' })).toEqual([
    expect.stringMatching(/--record and --replay.*choose one/),
  ])
})

test('a flag for the source replaces both variables', () => {
  expect(readConfig({ ...base, PROBESPAN_PACK: 'demo' }, { pack: 'x' }).sources[0].kind).toBe('pack')
})

test('gRPC has its own default endpoint, and no path; the traces’ protocol wins', () => {
  const env = { ...base, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
  expect(readConfig(env)).toMatchObject({ protocol: 'grpc', tracesUrl: 'http://127.0.0.1:4317' })
  expect(readConfig(env, { endpoint: 'collector:4317' }).tracesUrl).toBe('http://collector:4317')
  expect(readConfig({ ...env, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' }).protocol).toBe(
    'http/protobuf',
  )
})

test.each(['http/json', 'thrift'])('a protocol that is not spoken: %s', (protocol) => {
  expect(mistakes({ ...base, OTEL_EXPORTER_OTLP_PROTOCOL: protocol })).toEqual([
    `the OTLP protocol "${protocol}" is not spoken: set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or grpc`,
  ])
})

test('the spool: a folder by variable or flag, off, and its size', () => {
  const env = { ...base, PROBESPAN_SPOOL: '/data/spool', PROBESPAN_SPOOL_BYTES_MAX: '33554432' }
  expect(readConfig(env)).toMatchObject({
    spool: { kind: 'folder', path: '/data/spool' },
    spoolBytesMax: 33_554_432,
  })
  expect(readConfig(env, { spool: 'off' }).spool).toEqual({ kind: 'off' })
})

test.each(['1024', '-1', '256MiB', '1e9', '99999999999999999999'])('no size of a spool: %s', (size) => {
  expect(mistakes({ ...base, PROBESPAN_SPOOL_BYTES_MAX: size })).toEqual([
    expect.stringMatching(/^PROBESPAN_SPOOL_BYTES_MAX is ".*": give a number of bytes, 33554432 or more/),
  ])
})

test.each([
  ['127.0.0.1:9465', { host: '127.0.0.1', port: 9465 }],
  ['9465', { host: '127.0.0.1', port: 9465 }],
  ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
  ['[::1]:9465', { host: '::1', port: 9465 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
])('health and metrics at %s', (listen, address) => {
  expect(readConfig({ ...base, PROBESPAN_BRIDGE_LISTEN: listen }).listen).toEqual(address)
  expect(readConfig(base, { listen }).listen).toEqual(address)
})

test.each(['127.0.0.1', 'host:', ':9465', '127.0.0.1:99999', 'http://127.0.0.1:9465', '::1:9465', 'a b:1'])(
  'no address to listen on: %s',
  (listen) => {
    expect(mistakes(base, { listen })).toEqual([
      `--listen or PROBESPAN_BRIDGE_LISTEN is "${listen}": give an address and port, such as 127.0.0.1:9465`,
    ])
  },
)

test('several packs and targets, by flag and by variable; each pack once', () => {
  const config = readConfig({ PROBESPAN_PACK: 'demo,./mine.yaml,demo', TARGET_EXE: '/opt/*/shop' })
  expect(config.sources.map(({ path }) => path)).toEqual([
    expect.stringMatching(/scripts-bt\/demo\.yaml$/),
    './mine.yaml',
  ])
  expect(config.targets).toEqual([{ kind: 'executable', pattern: '/opt/*/shop' }])
  const flags = { pack: ['a', 'b'], pid: ['1', '2'], exe: '/x', container: ['shop'] }
  expect(readConfig({ TARGET_PID: '9' }, flags)).toMatchObject({
    sources: [{ kind: 'pack' }, { kind: 'pack' }],
    targets: [
      { kind: 'pid', pid: 1 },
      { kind: 'pid', pid: 2 },
      { kind: 'executable', pattern: '/x' },
      { kind: 'container', name: 'shop' },
    ],
  })
})

test('what cannot be done with several of them is refused', () => {
  const packs = Array.from({ length: 6 }, (_, index) => `pack${index}`)
  expect(mistakes({}, { pack: packs, pid: ['1', '2', '3'] })).toEqual([
    expect.stringMatching(/6 packs on 3 targets are 18 runs of bpftrace: at most 16/),
  ])
  expect(mistakes({}, { pack: ['a', 'b'], record: '/tmp/r' })).toEqual([
    expect.stringMatching(/--record takes one pack or script, and one target/),
  ])
  const more = Array.from({ length: 17 }, (_, index) => `pack${index}`)
  expect(mistakes({}, { pack: more })).toEqual([
    expect.stringMatching(/17 packs on 1 targets are 17 runs of bpftrace: at most 16/),
  ])
  expect(mistakes({}, { pack: ['a', 'b'], replay: '/tmp/r' })).toHaveLength(1)
  expect(mistakes({ ...base, TARGET_CONTAINER: 'a b' })).toEqual([
    expect.stringMatching(/^--container or TARGET_CONTAINER is "a b": give the name or id/),
  ])
})
