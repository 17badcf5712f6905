// What one thread does with the bodies alone: scan, compress in blocks of 8,000 spans, append to a file. No HTTP, no
// index, no wait for the disk. Tells a slow machine from a slow program.
import { closeSync, openSync, writeSync } from 'node:fs'
import { constants, zstdCompressSync } from 'node:zlib'
import { scanBody } from '../src/otlp/scan.ts'
import { createLoad, largeRequestSpans } from './load.ts'

const blockSpans = 8_000
const zstdLevel1 = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Spans a second. The time that making fresh requests takes is not counted. */
export function rawSpansPerSecond(path: string, durationMs: number): number {
  const load = createLoad(largeRequestSpans, blockSpans / largeRequestSpans)
  const file = openSync(path, 'w')
  let spans = 0
  let workMs = 0
  while (workMs < durationMs) {
    const bodies = Array.from({ length: blockSpans / largeRequestSpans }, () =>
      load.next(BigInt(Date.now()) * 1_000_000n),
    )
    const startedMs = performance.now()
    for (const body of bodies) spans += scanBody(body).spanCount
    writeSync(file, zstdCompressSync(Buffer.concat(bodies), zstdLevel1))
    workMs += performance.now() - startedMs
  }
  closeSync(file)
  return spans / (workMs / 1000)
}
