// What would break: rare spans that are seen late; many small requests where spans come one by one without a pause.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { spanNamed } from '../../test/steered-transport.ts'
import { Batcher, batcherDefaults } from './batcher.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The milliseconds at which batches went out, and the spans of each. */
function started(): { batcher: Batcher; out: [atMs: number, spans: number][] } {
  const fromMs = performance.now()
  const out: [number, number][] = []
  const onBatch = ({ spanCount }: { spanCount: number }): void =>
    void out.push([Math.round(performance.now() - fromMs), spanCount])
  return { batcher: new Batcher(batcherDefaults, onBatch, () => undefined), out }
}

test('the first span after a silence goes out at once, nearly; what follows gathers for half a second', () => {
  const { batcher, out } = started()
  const span = spanNamed('any')
  for (let atMs = 0; atMs < 1500; atMs += 10) {
    batcher.push(span)
    vi.advanceTimersByTime(10)
  }
  expect(out).toEqual([
    [50, 5],
    [550, 50],
    [1050, 50],
  ])
  vi.advanceTimersByTime(2000)
  expect(out.at(-1)).toEqual([1550, 45])
  batcher.push(span)
  vi.advanceTimersByTime(49)
  expect(out).toHaveLength(4)
  vi.advanceTimersByTime(1)
  expect(out.at(-1)?.[1]).toBe(1)
})

test('a batch that is full goes out at once', () => {
  const { batcher, out } = started()
  for (let spans = 0; spans < 5000; spans += 1) batcher.push(spanNamed('any'))
  expect(out).toEqual([
    [0, 2048],
    [0, 2048],
  ])
})
