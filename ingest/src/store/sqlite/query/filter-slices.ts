// Attribute filters of many blocks, cut by what is asked for: slice s of a filter has the cells whose number ends in s, and
// a value's cell is in one of them. So asking for one value reads one slice of all blocks of a group, which lie together:
// a hundredth of the filters. Pure. Layout of a slice: of each block its cells of this slice, in order; of a filter with
// fewer cells than there are slices the one that stands for them.
import { cellBytes, cellsOf, framesOfCell, tellsFrames } from '../attribute-filter.ts'

export const slicesPerGroup = 128
export const blocksPerGroup = 64

/** Where a block's filter lies in each slice of its group. */
export type SlicedFilter = { cells: number; tellsFrames: boolean; offset: number }

const cellsPerSlice = (cells: number): number => Math.max(1, cells / slicesPerGroup)
export const sliceOf = (hash: number): number => hash & (slicesPerGroup - 1)

/** By their sizes in bytes, in the group's order. */
export function placesOf(sizes: readonly number[]): SlicedFilter[] {
  let offset = 0
  return sizes.map((size) => {
    const place = { cells: cellsOf(size), tellsFrames: tellsFrames(size), offset }
    offset += cellsPerSlice(place.cells) * cellBytes
    return place
  })
}

/** All slices of a group. */
export function slicesOf(filters: readonly Buffer[]): Buffer[] {
  return Array.from({ length: slicesPerGroup }, (_, slice) =>
    Buffer.concat(
      filters.flatMap((filter) => {
        const cells = cellsOf(filter.length)
        return Array.from({ length: cellsPerSlice(cells) }, (_, at) => {
          const cell = cells >= slicesPerGroup ? at * slicesPerGroup + slice : slice & (cells - 1)
          return filter.subarray(cell * cellBytes, (cell + 1) * cellBytes)
        })
      }),
    ),
  )
}

/** As framesHolding of the filter. The slice is the hash's. */
export function sliceFramesHolding(
  slice: Buffer,
  { cells, tellsFrames, offset }: SlicedFilter,
  hash: number,
): number {
  const cell = cells >= slicesPerGroup ? (hash & (cells - 1)) >>> Math.log2(slicesPerGroup) : 0
  return framesOfCell(slice, offset + cell * cellBytes, hash, tellsFrames)
}
