// Waits for a condition, looking again every few milliseconds; fails with what was waited for after 30 s. Unlike
// expect.poll it also works in tests that run at the same time.
import { setTimeout as sleep } from 'node:timers/promises'

const timeoutMs = 30_000
const intervalMs = 10

export async function until(
  condition: () => boolean,
  awaited = (): string => String(condition),
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadlineMs) {
      throw new Error(`not within ${timeoutMs} ms: ${awaited()}`)
    }
    await sleep(intervalMs)
  }
}
