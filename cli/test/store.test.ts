// `probespan store …` and `probespan sql` as a user types them, each a process of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { expect, onTestFinished, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const probespan = (folder: string, ...args: string[]) =>
  execa(process.execPath, [main, ...args], {
    cwd: folder,
    reject: false,
    env: { PROBESPAN_DB: join(folder, 'a.db') },
  })

function folderWithSpans(): string {
  const folder = mkdtempSync(join(tmpdir(), 'probespan-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const span = (number: number) => ({
    traceId: number.toString(16).padStart(32, '0'),
    spanId: number.toString(16).padStart(16, '0'),
    name: `span \u0007${number}`,
    startTimeUnixNano: '1700000000000000001',
    endTimeUnixNano: '1700000000000002001',
  })
  const request = { resourceSpans: [{ scopeSpans: [{ spans: [1, 2, 3].map(span) }] }] }
  writeFileSync(join(folder, 'in.jsonl'), `${JSON.stringify(request)}\n`)
  return folder
}

test('spans are imported, counted, checked, compacted, asked for and exported', async () => {
  const folder = folderWithSpans()
  expect(await probespan(folder, 'store', 'import', 'in.jsonl')).toMatchObject({
    exitCode: 0,
    stderr: 'probespan: 3 spans in 1 requests',
  })
  const stats = await probespan(folder, 'store', 'stats')
  expect(stats.stdout).toMatch(/^3 spans in 1 blocks; .*bytes a span\nfrom 2023-11-14 22:13:20/)
  expect(stats.stdout).toMatch(/^unknown_service \| otlp +\| +3 \|/m)
  expect(await probespan(folder, 'store', 'check')).toMatchObject({ exitCode: 0, stdout: /all is well/ })
  expect((await probespan(folder, 'store', 'compact')).stdout).toMatch(/^1 blocks became 1;/)

  const table = await probespan(folder, 'sql', 'SELECT name, duration_ns FROM spans ORDER BY name')
  expect(table.stdout.split('\n')).toEqual([
    'name       | duration_ns',
    '-----------|------------',
    ...[1, 2, 3].map((number) => `span \\x07${number} |        2000`),
  ])
  const json = await probespan(folder, 'sql', '--json', 'SELECT count(*) AS spans FROM spans')
  expect(json.stdout).toBe('{"spans":3}')

  const out = await probespan(folder, 'store', 'export', '-')
  expect(JSON.parse(out.stdout)).toMatchObject({ resourceSpans: [{ scopeSpans: [{ spans: [{}, {}, {}] }] }] })
})

test('mistakes are told in one line, and end with 1', async () => {
  const folder = folderWithSpans()
  expect(await probespan(folder, 'store', 'stats')).toMatchObject({ exitCode: 1, stdout: '' })
  await probespan(folder, 'store', 'import', 'in.jsonl')
  const mistakes = [
    [['sql', 'SELECT absent FROM spans'], /no such column: absent/],
    [['sql', 'DELETE FROM spans'], /./],
    [['store', 'import', 'absent.jsonl'], /absent\.jsonl/],
    [['store', 'export', 'no/such/folder.jsonl'], /no\/such/],
  ] as const
  for (const [args, words] of mistakes) {
    const { exitCode, stderr } = await probespan(folder, ...args)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(words)
    expect(stderr.split('\n')).toHaveLength(1)
  }
})

test('traces are found by name, status, duration and attribute', async () => {
  const folder = folderWithSpans()
  await probespan(folder, 'store', 'import', 'in.jsonl')
  const ingest = execa(process.execPath, [main, 'ingest'], {
    env: {
      PROBESPAN_DB: join(folder, 'a.db'),
      PROBESPAN_PORT: '0',
      PROBESPAN_OTLP_HTTP_PORT: 'off',
      PROBESPAN_OTLP_GRPC_PORT: 'off',
      PROBESPAN_LOG_LEVEL: 'silent',
      // Asking would be traced, and found.
      PROBESPAN_OWN_TRACES: 'false',
    },
    reject: false,
  })
  onTestFinished(() => void ingest.kill())
  const url = await firstUrl(createInterface({ input: ingest.stdout }))
  const found = async (...flags: string[]) => {
    const { stdout } = await probespan(folder, 'traces', '--url', url, '--json', ...flags)
    return stdout.split('\n').filter((line) => line !== '').length
  }
  expect(await found('--name', 'span \u00072')).toBe(1)
  expect(await found('--status', 'UNSET', '--min-duration', '2us')).toBe(3)
  expect(await found('--min-duration', '3us')).toBe(0)
  expect(await found('--max-duration', '1us')).toBe(0)
  expect(await found('--attribute', 'user=u1')).toBe(0)
})

async function firstUrl(lines: AsyncIterable<unknown>): Promise<string> {
  for await (const line of lines) {
    const url = /http:\S+$/.exec(String(line))?.[0]
    if (url !== undefined) return url
  }
  throw new Error('ingest ended before it listened')
}
