// What would break: a pack that does not attach to Debian's own Python, Ruby or PHP, or whose spans are not what
// that program did: imports in imports, collections, requests with the files that they ran.
import { describe, expect, test } from 'vitest'
import { Folder } from '../bridge-process.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import { freePort } from '../receiver.ts'
import { until } from '../waiting.ts'
import { stockProgram } from './stock-programs.ts'
import { childrenOf, tracedBy, WaitingProgram } from './traced-program.ts'

const python = stockProgram('python')
const ruby = stockProgram('ruby')
const php = stockProgram('php')
const errorCode = 2

const named = (spans: readonly DecodedSpan[], name: string): DecodedSpan | undefined =>
  spans.find((span) => span.name === name)

describe.skipIf(python.missing)('Python', () => {
  test('imports, each in the one that asked for it; one that fails is an error; a collection', async () => {
    using folder = new Folder()
    folder.write('outer_part.py', 'import inner_part\nimport other_part\n')
    folder.write('inner_part.py', 'import deepest_part\n')
    folder.write('deepest_part.py', '')
    folder.write('other_part.py', '')
    const program = folder.write(
      'program.py',
      `import gc, sys
gc.disable()
print('ready', flush=True)
sys.stdin.readline()
import outer_part
try:
    import absent_part
except ImportError:
    pass
rounds = [[] for _ in range(40)]
for each in rounds:
    each.append(each)
del rounds, each
print(gc.collect(), 'collected')
gc.set_threshold(0)
`,
    )
    await using running = new WaitingProgram(python.path, [program])
    await running.says('ready')
    const { spans } = await tracedBy('python', running.pid, async () => {
      running.go()
      await running.ended
    })
    const outer = named(spans, 'import outer_part')
    const inner = named(spans, 'import inner_part')
    expect(childrenOf(outer, spans).map(({ name }) => name)).toEqual([
      'import inner_part',
      'import other_part',
    ])
    expect(childrenOf(inner, spans).map(({ name }) => name)).toEqual(['import deepest_part'])
    expect([outer, named(spans, 'import absent_part')].map((span) => span?.statusCode)).toEqual([
      0,
      errorCode,
    ])
    const collected = BigInt(/(\d+) collected/.exec(running.said)?.[1] ?? -1)
    expect(collected).toBeGreaterThanOrEqual(40n)
    const full = spans.filter(({ attributes }) => attributes['python.gc.generation'] === 2n)
    expect(full.map(({ attributes }) => attributes['python.gc.collected'])).toContain(collected)
  })
})

describe.skipIf(ruby.missing)('Ruby', () => {
  test('files that are required, each in the one that asked for it; a collection', async () => {
    using folder = new Folder()
    folder.write('outer_part.rb', "require 'inner_part'\n")
    folder.write('inner_part.rb', 'X = 1\n')
    const program = folder.write(
      'program.rb',
      "puts 'ready'; STDOUT.flush; STDIN.gets; require 'outer_part'; GC.start\n",
    )
    await using running = new WaitingProgram(ruby.path, ['--disable-gems', '-I', folder.path, program])
    await running.says('ready')
    const { spans } = await tracedBy('ruby', running.pid, async () => {
      running.go()
      await running.ended
    })
    const outer = named(spans, 'require outer_part')
    const inner = named(spans, 'require inner_part')
    expect(outer?.attributes['code.filepath']).toBe(program)
    expect(childrenOf(outer, spans).map(({ name }) => name)).toEqual([
      'find outer_part',
      `parse ${folder.path}/outer_part.rb`,
      'require inner_part',
    ])
    expect(childrenOf(inner, spans)).toHaveLength(2)
    expect(spans.map(({ name }) => name)).toContain('gc-mark')
  })
})

describe.skipIf(php.missing)('PHP', () => {
  test('a request, and in it the files compiled and executed', async () => {
    using folder = new Folder()
    folder.write('index.php', "<?php require 'shop.php'; echo order();")
    folder.write('shop.php', '<?php function order() { return "ordered\\n"; }')
    const port = await freePort()
    const args = ['-S', `127.0.0.1:${port}`, '-t', folder.path]
    await using server = new WaitingProgram(php.path, args, { USE_ZEND_DTRACE: '1' })
    await server.says('started')
    const { spans } = await tracedBy('php', server.pid, async (delivered) => {
      const answer = await fetch(`http://127.0.0.1:${port}/index.php?basket=7`)
      expect(await answer.text()).toBe('ordered\n')
      // It ends after it was answered.
      await until(() => delivered.some(({ kind }) => kind === 2))
    })
    const request = named(spans, 'GET /index.php?basket=7')
    expect(request?.kind).toBe(2)
    const inside = childrenOf(request, spans).map(({ name }) => name)
    for (const file of ['index', 'shop']) {
      expect(inside).toContain(`compile ${folder.path}/${file}.php`)
      expect(inside).toContain(`execute ${folder.path}/${file}.php`)
    }
  })
})
