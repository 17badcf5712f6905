// Attribute filters of many blocks, cut by what is asked for: slice s of a filter has the cells whose number ends in s, and
// a value's cell is in one of them. So asking for one value reads one slice of all blocks of a group, which lie together:
// a hundredth of the filters. Pure. Layout of a slice: of each block its cells of this slice, in order; of a filter with
// fewer cells than there are slices the one that stands for them.
import { framesOfCell, layoutOf } from '../attribute-filter.ts'
import type { FilterLayout } from '../attribute-filter.ts'

export const slicesPerGroup = 128
export const blocksPerGroup = 64

/** Where a block's filter lies in each slice of its group. */
export type SlicedFilter = FilterLayout & { offset: number }

const cellsPerSlice = (cells: number): number => Math.max(1, cells / slicesPerGroup)
export const sliceOf = (hash: number): number => hash & (slicesPerGroup - 1)

/** By their sizes in bytes, in the group's order. */
export function placesOf(sizes: readonly number[]): SlicedFilter[] {
  let offset = 0
  return sizes.map((size) => {
    const place = { ...layoutOf(size), offset }
    offset += cellsPerSlice(place.cells) * place.cellBytes
    return place
  })
}

/** All slices of a group. */
export function slicesOf(filters: readonly Buffer[]): Buffer[] {
  const places = placesOf(filters.map(({ length }) => length))
  const last = places.at(-1)
  const sliceBytes = last === undefined ? 0 : last.offset + cellsPerSlice(last.cells) * last.cellBytes
  const slices = Array.from({ length: slicesPerGroup }, () => Buffer.alloc(sliceBytes))
  for (const [block, { cells, cellBytes, offset }] of places.entries()) {
    const filter = filters[block]
    // Of a filter with fewer cells each stands for several slices.
    for (let number = 0; number < Math.max(cells, slicesPerGroup); number++) {
      const cell = (number & (cells - 1)) * cellBytes
      const to = offset + (number >>> Math.log2(slicesPerGroup)) * cellBytes
      filter?.copy(slices[number & (slicesPerGroup - 1)] ?? Buffer.alloc(0), to, cell, cell + cellBytes)
    }
  }
  return slices
}

/** As framesHolding of the filter. The slice is the hash's. */
export function sliceFramesHolding(slice: Buffer, place: SlicedFilter, hash: number): number {
  const { cells, cellBytes, offset } = place
  const cell = cells >= slicesPerGroup ? (hash & (cells - 1)) >>> Math.log2(slicesPerGroup) : 0
  return framesOfCell(slice, offset + cell * cellBytes, hash, place)
}
