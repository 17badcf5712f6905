// Three projects, from fast to real: `unit` beside the sources, `integration` in each room's test/ folder,
// `e2e` (real bpftrace, real Chromium, real processes) in files named *.e2e.test.ts, one at a time.
import { defineConfig } from 'vitest/config'

const ignored = ['**/node_modules/**', '**/dist/**', '**/build/**']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['*/src/**/*.test.ts', '*/src/**/*.test.tsx', 'cli/setup/**/*.test.ts'],
          exclude: ignored,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['*/test/**/*.test.ts'],
          exclude: [...ignored, '**/*.e2e.test.ts', '**/*.compose.test.ts'],
          // They wait for other processes more than they work: on two cores 7 minutes instead of 15.
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['*/test/**/*.e2e.test.ts'],
          exclude: ignored,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'compose',
          include: ['*/test/**/*.compose.test.ts'],
          exclude: ignored,
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
})
