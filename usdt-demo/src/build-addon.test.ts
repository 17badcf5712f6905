// What would break: a failed build whose message does not say what to do. The complaints are gcc 12's and clang 14's.
import { expect, test } from 'vitest'
import { explain } from './build-addon.ts'

test.each([
  [
    'gcc',
    'addon/probes.c:14:10: fatal error: sys/sdt.h: No such file or directory\n   14 | #include <sys/sdt.h>\n',
  ],
  ['clang', "addon/probes.c:14:10: fatal error: 'sys/sdt.h' file not found\n#include <sys/sdt.h>\n"],
])('%s without sys/sdt.h: the header and the packages are named', (_compiler, stderr) => {
  expect(explain(1, stderr)).toBe(
    'The C header sys/sdt.h is missing. Run as root: apt-get install gcc libc6-dev systemtap-sdt-dev',
  )
})

test('any other complaint is passed on, cut to a readable length', () => {
  expect(explain(1, 'probes.c:3: error: expected ;')).toContain('probes.c:3: error: expected ;')
  expect(explain(1, 'x'.repeat(1_000_000)).length).toBeLessThan(5_000)
})

test('a compiler that dies without a word is told from one that complains', () => {
  expect(explain(null, '')).toContain('cc ended with a signal')
})
