// Rates and other numbers, and series of them, as short text. Pure.
import { formatDuration } from './duration.ts'

/** Three digits that matter; large ones whole. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}

export const formatRate = (perSecond: number): string => `${formatNumber(perSecond)}/s`

/** Nanoseconds in decimal; nothing where there is none. */
export const formatNano = (text: string | undefined): string =>
  text === undefined ? '' : formatDuration(BigInt(text))

const bars = '▁▂▃▄▅▆▇█'

/** One sign a value, between 0 and the largest; a space where there is none. */
export function spark(values: readonly (number | null)[]): string {
  const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0)
  return values
    .map((value) => {
      if (value === null) return ' '
      const share = most === 0 ? 0 : Math.max(0, value) / most
      return bars[Math.min(bars.length - 1, Math.floor(share * bars.length))]
    })
    .join('')
}
