// What would break: a compose file that leaves a setting of bpftrace's empty, and a bpftrace that refuses to start.
import { expect, test } from 'vitest'
import { bpftraceEnvironment } from './environment.ts'

test('variables of bpftrace’s that are set to nothing are taken out; its others and all else stay', () => {
  const inherited = { BPFTRACE_PERF_RB_PAGES: '', BPFTRACE_MAX_PROBES: '9', BPFTRACE_STRLEN: '', HOME: '' }
  expect(bpftraceEnvironment({ BPFTRACE_STRLEN: '64' }, inherited)).toEqual({
    BPFTRACE_PERF_RB_PAGES: undefined,
    BPFTRACE_STRLEN: '64',
  })
})
