// What would break: a program's own library overlooked, or anonymous memory taken for a file.
import { expect, test } from 'vitest'
import { mappedFiles } from './maps.ts'

const maps = `55d0c0a00000-55d0c0a01000 r--p 00000000 fe:00 1234                       /usr/bin/shop
55d0c0a01000-55d0c0a05000 r-xp 00001000 fe:00 1234                       /usr/bin/shop
55d0c0a05000-55d0c0a09000 r-xp 00005000 fe:00 1234                       /usr/bin/shop
00400000-00500000 r-xp 00000000 00:31 77                                 /opt/with space/lib.so (deleted)
7f0000000000-7f0000001000 r-xp 00000000 fe:00 99                         /opt/line\\012end.so
7f0000002000-7f0000003000 rw-p 00000000 fe:00 98                         /usr/share/data
7f0000004000-7f0000005000 rwxp 00000000 00:00 0
7f0000006000-7f0000007000 r-xp 00000000 00:01 2048                       /memfd:jit (deleted)
7f0000008000-7f0000009000 r-xs 00000000 00:05 5                          /dev/zero (deleted)
7f000000a000-7f000000b000 r-xs 00000000 00:01 6                          /SYSV0000162e (deleted)
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
`

test('each executable file once, with what leads to it when it is gone', () => {
  expect(mappedFiles(maps)).toEqual([
    { path: '/usr/bin/shop', deleted: false, range: '55d0c0a01000-55d0c0a05000' },
    { path: '/opt/with space/lib.so', deleted: true, range: '400000-500000' },
    { path: '/opt/line\nend.so', deleted: false, range: '7f0000000000-7f0000001000' },
  ])
})

test('a kernel thread has none', () => {
  expect(mappedFiles('')).toEqual([])
})
