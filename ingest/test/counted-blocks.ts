// Blocks for tests of counting, made as the store makes them: packed, and their columns and bodies read back.
import { spanBodies } from '../src/spanmetrics/span-bodies.ts'
import type { CountedBlock } from '../src/spanmetrics/span-metrics.ts'
import { framesHolding } from '../src/store/sqlite/attribute-filter.ts'
import { framesOf, unpackFrame } from '../src/store/sqlite/body-frames.ts'
import { callerMark } from '../src/store/sqlite/caller-mark.ts'
import { chunkOf } from '../src/store/sqlite/chunk.ts'
import { decodeColumns } from '../src/store/sqlite/columns-codec.ts'
import { packChunk } from '../src/store/sqlite/packed-block.ts'
import { UnpackedFrame } from '../src/store/sqlite/query/located-body.ts'
import { batchOf } from './sample.ts'
import type { SampleSpan } from './sample.ts'

export function countedBlock(spans: readonly SampleSpan[], storedMs: number, from = 0): CountedBlock {
  const packed = packChunk(chunkOf(batchOf(spans)))
  const frames = framesOf(packed.body)
  const located = (at: number) => {
    const frame = frames[at]
    if (frame === undefined) throw new Error(`there is no frame ${at}`)
    return new UnpackedFrame(unpackFrame(frame)).located()
  }
  return {
    spans: decodeColumns(packed.columns),
    from,
    storedMs,
    bodies: spanBodies(() => ({ firstSpans: frames.map(({ firstSpan }) => firstSpan), located })),
    mayTellCaller: () => framesHolding(packed.filter, callerMark) !== 0,
  }
}
