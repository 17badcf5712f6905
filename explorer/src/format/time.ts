// Unix nanoseconds (bigint) in; text for people out. The exact form keeps all nine decimals and is UTC; the short
// form is local, to the millisecond (cut, not rounded: a clock shows what has begun). Years 1970 to 9999.
const msNs = 1_000_000n
const sNs = 1_000_000_000n

/** "2026-11-20T05:12:01.123456789Z". */
export function formatExact(unixNano: bigint): string {
  const seconds = new Date(Number(unixNano / sNs) * 1_000).toISOString().slice(0, 19)
  return `${seconds}.${(unixNano % sNs).toString().padStart(9, '0')}Z`
}

export type LocalTime = {
  /** "20 Nov 2026". */
  date: string
  /** "05:12:01.123", 24 hours. */
  time: string
}

/** In the given time zone (IANA name), the browser's own where none is given. */
export function formatLocal(unixNano: bigint, timeZone?: string): LocalTime {
  const at = new Date(Number(unixNano / msNs))
  const { clock, calendar } = formatsOf(timeZone)
  return { date: calendar.format(at), time: clock.format(at) }
}

type Formats = { clock: Intl.DateTimeFormat; calendar: Intl.DateTimeFormat }

// Making an Intl format costs some 50 µs, using one 1 µs: a thousand rows would feel it. One entry a time zone.
const formats = new Map<string | undefined, Formats>()

function formatsOf(timeZone: string | undefined): Formats {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const zone = timeZone === undefined ? {} : { timeZone }
  const made = {
    clock: new Intl.DateTimeFormat('en-GB', {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
      hourCycle: 'h23',
      ...zone,
    }),
    calendar: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', ...zone }),
  }
  formats.set(timeZone, made)
  return made
}
