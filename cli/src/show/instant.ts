// Unix nanoseconds to a time in UTC for people, and back. Pure.

/** To the microsecond. */
export function formatInstant(unixNano: bigint): string {
  const date = new Date(Number(unixNano / 1_000_000n)).toISOString()
  const microseconds = ((unixNano % 1_000_000_000n) / 1000n).toString().padStart(6, '0')
  return `${date.slice(0, 10)} ${date.slice(11, 19)}.${microseconds}`
}

const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?$/

/** As `formatInstant` and ISO 8601 write it, to the nanosecond; or Unix nanoseconds. Undefined for anything else. */
export function parseInstant(text: string): bigint | undefined {
  if (/^\d{1,19}$/.test(text)) return BigInt(text)
  const [, date, time = '00:00', fraction = '', zone = 'Z'] = form.exec(text) ?? []
  const unixMs = Date.parse(`${date}T${time}${zone}`)
  if (date === undefined || Number.isNaN(unixMs)) return undefined
  return BigInt(unixMs) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}
