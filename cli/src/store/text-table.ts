// Rows of text to a table: columns as wide as their widest cell, numbers to the right. Control characters, which could
// drive a terminal, are shown as spaces. Pure.

// oxlint-disable-next-line no-control-regex -- those are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f]/g

export function textTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [titles, ...rows].map((row) => row.map((text) => text.replaceAll(control, ' ')))
  const widths = titles.map((_, at) => cells.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), 0))
  const isNumber = titles.map(
    (_, at) => rows.length > 0 && rows.every((row) => /^-?[\d.]+( \w+)?$/.test(row[at] ?? '')),
  )
  const lines = cells.map((row) =>
    row
      .map((text, at) =>
        isNumber[at] === true ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0),
      )
      .join(' | ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '-'.repeat(width)).join('-|-')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}
