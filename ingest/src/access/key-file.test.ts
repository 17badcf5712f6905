import { expect, test } from 'vitest'
import { parseKeyFile } from './key-file.ts'
import { digestOf } from './key.ts'

const standard = { requestsPerS: 5, bytesPerS: undefined }
const read = (text: string) => parseKeyFile('keys.yaml', text, standard)
const mistakes = (text: string): string[] => {
  const found = read(text)
  return found.ok ? [] : found.mistakes
}

test('keys in words and by their hash, with all that can be said of one', () => {
  const text = `
keys:
  - name: everything
    key: "12345"
    may: [write, read, admin]
  - name: prod-eu-1
    sha256: ${digestOf('secret').toString('hex').toUpperCase()}
    may: [write]
    trace-source: beyla
    service-namespace: prod-eu-1
    requests-per-s: 100
    bytes-per-s: 1000000
`
  const unbound = { source: undefined, namespace: undefined }
  expect(read(text)).toEqual({
    ok: true,
    keys: [
      {
        name: 'everything',
        sha256: digestOf('12345'),
        may: ['write', 'read', 'admin'],
        rate: standard,
        ...unbound,
      },
      {
        name: 'prod-eu-1',
        sha256: digestOf('secret'),
        may: ['write'],
        source: 'beyla',
        namespace: 'prod-eu-1',
        rate: { requestsPerS: 100, bytesPerS: 1_000_000 },
      },
    ],
  })
  expect(read(JSON.stringify({ keys: [{ name: 'a', key: 'k', may: ['read'] }] })).ok).toBe(true)
})

test.each([
  ['an empty file', '', 'keys.yaml:1: keys must be a list'],
  ['no keys', 'keys: []', 'keys.yaml:1: keys must hold at least one key'],
  ['a list alone', '- name: a', 'keys.yaml:1: must hold a list of keys under "keys:"'],
  [
    'a number for a key',
    'keys:\n  - { name: a, key: 12, may: [read] }',
    'keys.yaml:2: keys[0].key must be a text',
  ],
  [
    'a misspelt field',
    'keys:\n  - name: a\n    key: k\n    may: [read]\n    mya: [read]',
    'keys.yaml:5: keys[0].mya is not known',
  ],
  [
    'what nobody may',
    'keys:\n  - name: a\n    key: k\n    may:\n      - fly',
    'keys.yaml:5: keys[0].may[0] ',
  ],
  [
    'both forms',
    `keys:\n  - { name: a, key: k, sha256: ${'ab'.repeat(32)}, may: [read] }`,
    'keys.yaml:2: keys[0] must have either',
  ],
  ['neither form', 'keys:\n  - { name: a, may: [read] }', 'keys.yaml:2: keys[0] must have either'],
  [
    'a short hash',
    'keys:\n  - { name: a, sha256: abc, may: [read] }',
    'keys.yaml:2: keys[0].sha256 must be 64 hex digits',
  ],
  [
    'a source that is none',
    'keys:\n  - { name: a, key: k, may: [write], trace-source: me }',
    'keys[0].trace-source must be one of beyla',
  ],
  [
    'a rate of nothing',
    'keys:\n  - { name: a, key: k, may: [write], bytes-per-s: 0 }',
    'keys[0].bytes-per-s must be at least 1',
  ],
])('%s is told with its place', (_what, text, told) => {
  const [first = '', ...more] = mistakes(text)
  expect(first).toContain(told)
  expect(more).toEqual([])
})

test('the same name or the same key twice is told, and the key is not', () => {
  const told = mistakes(
    `keys:\n  - { name: a, key: open-sesame, may: [read] }\n  - { name: a, key: other, may: [read] }\n` +
      `  - { name: b, sha256: ${digestOf('open-sesame').toString('hex')}, may: [read] }`,
  )
  expect(told).toEqual([
    'keys.yaml:3: keys[1] has the name "a" of another key',
    'keys.yaml:4: keys[2] ("b") is the same key as another one',
  ])
})
