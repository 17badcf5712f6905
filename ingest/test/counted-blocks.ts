// Blocks for tests of counting, made as the store makes them: packed, and their columns and bodies read back.
import { zstdDecompressSync } from 'node:zlib'
import { spanBodies } from '../src/spanmetrics/span-bodies.ts'
import type { CountedBlock } from '../src/spanmetrics/span-metrics.ts'
import { mayHold } from '../src/store/sqlite/attribute-filter.ts'
import { callerMark } from '../src/store/sqlite/caller-mark.ts'
import { chunkOf } from '../src/store/sqlite/chunk.ts'
import { decodeColumns } from '../src/store/sqlite/columns-codec.ts'
import { packChunk } from '../src/store/sqlite/packed-block.ts'
import { batchOf } from './sample.ts'
import type { SampleSpan } from './sample.ts'

export function countedBlock(spans: readonly SampleSpan[], storedMs: number, from = 0): CountedBlock {
  const packed = packChunk(chunkOf(batchOf(spans)))
  return {
    spans: decodeColumns(packed.columns),
    from,
    storedMs,
    bodies: spanBodies(() => zstdDecompressSync(packed.body)),
    mayTellCaller: () => mayHold(packed.filter, callerMark),
  }
}
